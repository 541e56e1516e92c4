/** A stream's entry, as XRANGE shows it; strings hold bytes (Latin-1), as everywhere in here. */
export interface StreamEntry {
  epoch: number;
  n: number;
  fields: string[];
}

interface Stream {
  entries: StreamEntry[];
  last: { epoch: number; n: number };
}

type Value =
  | { kind: "hash"; fields: Map<string, string> }
  | { kind: "stream"; stream: Stream }
  /** A lane's record: what a string of packed bytes holds in Redis. */
  | { kind: "record"; record: LaneRecord };

export interface LaneRecord {
  number: number;
  reply: string[];
}

/** What a write does, the other way round. */
type Undo = () => void;

/**
 * The data of one Redis, as far as the Functions use it: hashes, streams, records that expire. What was written can be taken back command by
 * command, newest first: that is what a power cut, or a replica that is behind, does to it.
 */
export class Keyspace {
  /** By the clock of the process that serves it; set for each command. */
  nowMs = 0;
  #values = new Map<string, Value>();
  #expiries = new Map<string, number>();
  #undo: Undo[] = [];

  /** How to take back what was written since the last call, in the order to do it. */
  written(): Undo[] {
    const undo = this.#undo.reverse();
    this.#undo = [];
    return undo;
  }

  /** A copy of its own, with nothing to take back. */
  copy(): Keyspace {
    const copy = new Keyspace();
    copy.#values = structuredClone(this.#values);
    copy.#expiries = new Map(this.#expiries);
    copy.nowMs = this.nowMs;
    return copy;
  }

  keys(): string[] {
    return [...this.#values.keys()].filter((key) => this.#at(key));
  }

  hget(key: string, field: string): string | undefined {
    return this.#hash(key)?.get(field);
  }

  hmget(key: string, fields: string[]): (string | undefined)[] {
    const hash = this.#hash(key);
    return fields.map((field) => hash?.get(field));
  }

  hgetall(key: string): Map<string, string> {
    return new Map(this.#hash(key));
  }

  hset(key: string, ...pairs: string[]): void {
    let hash = this.#hash(key);
    if (!hash) {
      hash = new Map();
      this.#put(key, { kind: "hash", fields: hash });
    }
    for (let at = 0; at < pairs.length; at += 2) this.#setField(hash, pairs[at]!, pairs[at + 1]!);
  }

  hdel(key: string, field: string): void {
    const hash = this.#hash(key);
    if (!hash?.has(field)) return;
    this.#setField(hash, field, undefined);
    if (hash.size === 0) this.unlink(key);
  }

  hlen(key: string): number {
    return this.#hash(key)?.size ?? 0;
  }

  unlink(...keys: string[]): void {
    for (const key of keys) if (this.#at(key)) this.#put(key, undefined);
  }

  record(key: string): LaneRecord | undefined {
    const value = this.#at(key);
    return value?.kind === "record" ? value.record : undefined;
  }

  setRecord(key: string, record: LaneRecord, lifeMs: number): void {
    this.#put(key, { kind: "record", record });
    this.expireAt(key, this.nowMs + lifeMs);
  }

  expireAt(key: string, ms: number): void {
    if (!this.#at(key)) return;
    if (ms <= this.nowMs) this.unlink(key);
    else this.#setExpiry(key, ms);
  }

  /** Throws where the id is not above the last one. */
  xadd(key: string, epoch: number, n: number, fields: string[]): void {
    const found = this.#at(key);
    const stream: Stream =
      found?.kind === "stream" ? found.stream : { entries: [], last: { epoch: 0, n: 0 } };
    if (epoch < stream.last.epoch || (epoch === stream.last.epoch && n <= stream.last.n))
      throw new Error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    this.#putStream(key, { entries: [...stream.entries, { epoch, n, fields }], last: { epoch, n } });
  }

  xrange(key: string, after: { epoch: number; n: number }, count: number): StreamEntry[] {
    return this.#entries(key)
      .filter((entry) => isBelow(after, entry))
      .slice(0, count);
  }

  xlen(key: string): number {
    return this.#entries(key).length;
  }

  /** Removes entries below an id; returns how many. */
  xtrim(key: string, below: { epoch: number; n: number }): number {
    const value = this.#at(key);
    if (value?.kind !== "stream") return 0;
    const { entries, last } = value.stream;
    const left = entries.filter((entry) => !isBelow(entry, below));
    if (left.length < entries.length) this.#putStream(key, { entries: left, last });
    return entries.length - left.length;
  }

  #entries(key: string): StreamEntry[] {
    const value = this.#at(key);
    return value?.kind === "stream" ? value.stream.entries : [];
  }

  #putStream(key: string, stream: Stream): void {
    this.#put(key, { kind: "stream", stream });
  }

  #hash(key: string): Map<string, string> | undefined {
    const value = this.#at(key);
    return value?.kind === "hash" ? value.fields : undefined;
  }

  #at(key: string): Value | undefined {
    const expiry = this.#expiries.get(key);
    if (expiry !== undefined && expiry <= this.nowMs) this.#put(key, undefined);
    return this.#values.get(key);
  }

  /** As SET and UNLINK do, this forgets when the key was to expire, unless it is a stream, which never does. */
  #put(key: string, value: Value | undefined): void {
    const before = this.#values.get(key);
    this.#setExpiry(key, undefined);
    if (value) this.#values.set(key, value);
    else this.#values.delete(key);
    this.#undo.push(() => {
      if (before) this.#values.set(key, before);
      else this.#values.delete(key);
    });
  }

  #setField(hash: Map<string, string>, field: string, value: string | undefined): void {
    const before = hash.get(field);
    if (value === undefined) hash.delete(field);
    else hash.set(field, value);
    this.#undo.push(() => {
      if (before === undefined) hash.delete(field);
      else hash.set(field, before);
    });
  }

  #setExpiry(key: string, ms: number | undefined): void {
    const before = this.#expiries.get(key);
    if (before === ms) return;
    if (ms === undefined) this.#expiries.delete(key);
    else this.#expiries.set(key, ms);
    this.#undo.push(() => {
      if (before === undefined) this.#expiries.delete(key);
      else this.#expiries.set(key, before);
    });
  }
}

const isBelow = (a: { epoch: number; n: number }, b: { epoch: number; n: number }) =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.n < b.n);
