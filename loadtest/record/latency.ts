import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";

const highestMicroseconds = 3_600_000_000;

/** A mergeable record of durations: 1 µs to an hour with three significant digits (HdrHistogram). */
export class Latency {
  #histogram: Histogram;

  constructor(histogram: Histogram = fresh()) {
    this.#histogram = histogram;
  }

  static decode(encoded: string): Latency {
    return new Latency(decodeFromCompressedBase64(encoded, 32, false));
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  recordMs(ms: number): void {
    const microseconds = Math.round(ms * 1_000);
    this.#histogram.recordValue(Math.min(Math.max(microseconds, 1), highestMicroseconds));
  }

  add(other: Latency): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get maxMs(): number {
    return this.count === 0 ? 0 : this.#histogram.maxValue / 1_000;
  }

  get meanMs(): number {
    return this.count === 0 ? 0 : this.#histogram.mean / 1_000;
  }

  /** The latency that this percentage (0 to 100) of the records stay within. */
  percentileMs(percentage: number): number {
    if (this.count === 0) return 0;
    return Math.min(this.#histogram.getValueAtPercentile(percentage) / 1_000, this.maxMs);
  }
}

const fresh = (): Histogram =>
  build({
    bitBucketSize: 32,
    useWebAssembly: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestMicroseconds,
    numberOfSignificantValueDigits: 3,
  });
