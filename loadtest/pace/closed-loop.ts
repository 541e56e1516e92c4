import { setTimeout as sleep } from "node:timers/promises";
import autocannon, { type Client } from "autocannon";
import { monotonicMs } from "../clock.ts";
import type { Answer } from "../record/answer.ts";
import type { Recorder } from "../record/recorder.ts";
import type { Send, Workload } from "../scenario/scenario.ts";
import type { ConnectCodec } from "../sender/connect-codec.ts";
import type { Ask } from "../sender/method.ts";
import type { Destination } from "../sender/sender.ts";

export interface ClosedLoopParts {
  to: Destination;
  codec: ConnectCodec;
  workload: Workload;
  recorder: Recorder;
  ask(send: Send): Ask;
  /** Stop after so many sends, or, where there is no such number, `durationMs` after the start. */
  count: number | undefined;
  startMs: number;
  durationMs: number;
}

const sampleMs = 100;
/** Timers count whole milliseconds and may be early by that. */
const timerToleranceMs = 2;
const forEverSeconds = 1_000_000;
/** A connection that gets nowhere so often gives up, or a server that is down would be asked without a pause. */
const lostInARowLimit = 100;

/**
 * Each connection sends its next request when the one before is answered: as fast as the server allows, which shows its capacity
 * and not how long users wait. autocannon drives the connections; bodies, outcomes and times are ours.
 */
export class ClosedLoop {
  readonly #parts: ClosedLoopParts;
  #begun = 0;
  #stopped = false;

  constructor(parts: ClosedLoopParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { to, codec, startMs } = this.#parts;
    await sleep(Math.max(0, startMs - monotonicMs()));
    if (this.#stopped) return;
    const host = to.host.includes(":") ? `[${to.host}]` : to.host;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    autocannon(
      {
        url: `http://${host}:${to.port}`,
        connections: Math.min(to.connections, this.#parts.count ?? to.connections),
        duration: forEverSeconds,
        timeout: to.timeoutMs / 1_000,
        sampleInt: sampleMs,
        method: "POST",
        headers: {
          "Content-Type": codec.contentType,
          "Connect-Protocol-Version": "1",
          ...(to.apiKey === undefined ? {} : { Authorization: `Bearer ${to.apiKey}` }),
        },
        setupClient: (client) => this.#drive(client),
      },
      (error) => (error ? reject(error) : resolve()),
    );
    await promise;
  }

  /** Every connection ends after the answer that it waits for. */
  stop(): void {
    this.#stopped = true;
  }

  get #over(): boolean {
    const { count, startMs, durationMs } = this.#parts;
    return (
      this.#stopped || (count === undefined ? monotonicMs() >= startMs + durationMs : this.#begun >= count)
    );
  }

  #drive(client: Client): void {
    let current: { send: Send; ask: Ask; owed: boolean; sentMs: number } | undefined;
    let body: Buffer[] = [];
    let done = false;
    let lostInARow = 0;

    const finish = (answer: Answer): void => {
      if (!current) return;
      const { send, owed, sentMs } = current;
      current = undefined;
      const now = monotonicMs();
      this.#parts.recorder.answered(send, owed, answer, now - sentMs);
      this.#parts.workload.ended?.(send, now, answer);
    };

    client.on("request", () => {
      if (done) return;
      if (current) {
        // autocannon reconnects and goes on by itself after a lost connection or a timeout.
        const timedOut = monotonicMs() - current.sentMs >= this.#parts.to.timeoutMs - timerToleranceMs;
        finish({ kind: "lost", why: timedOut ? "timed out" : "connection lost" });
        if (++lostInARow === lostInARowLimit || this.#over) {
          done = true;
          client.destroy();
          return;
        }
      }
      const { workload, recorder, ask: askFor, codec } = this.#parts;
      this.#begun++;
      const sentMs = monotonicMs();
      const send = workload.next(sentMs);
      const ask = askFor(send);
      current = { send, ask, owed: recorder.sent(send, 0), sentMs };
      body = [];
      client.setRequests([{ path: ask.method.path, body: Buffer.from(codec.encode(ask)) }]);
    });
    client.on("body", (piece: Buffer) => body.push(piece));
    client.on("response", (status: number) => {
      lostInARow = 0;
      if (current) finish(this.#parts.codec.decode(current.ask.method, status, Buffer.concat(body)));
      if (!this.#over) return;
      done = true;
      client.destroy();
    });
  }
}
