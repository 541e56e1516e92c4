import { Code, ConnectError } from "@connectrpc/connect";
import type { Request } from "./exchange.ts";
import { readAhead } from "./read-ahead.ts";

/**
 * A request's body as connect wants it, in one piece, and kept for a closer look when connect refuses it. Read by events, which costs a
 * fraction of iterating over the request.
 *
 * Past `mostBytes` the rest is thrown away as it comes, so that the answer, which is that it is too large, still gets through. A body that
 * its client cut short is an error and never a shorter message: a call must not be carried out on half its fields.
 */
export class Body implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #request: Request;
  readonly #mostBytes: number;
  #chunks: Buffer[] = [];
  #reading = false;
  /** Ends the reading, if it goes on, with an error. */
  cut = (): void => {};

  constructor(request: Request, mostBytes: number) {
    this.#request = request;
    this.#mostBytes = mostBytes;
  }

  /** What has been read. */
  get bytes(): Uint8Array {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#reading) return Promise.resolve({ done: true, value: undefined });
    this.#reading = true;
    const request = this.#request;
    const ahead = "stream" in request ? readAhead.get(request.stream) : undefined;
    if (ahead !== undefined) {
      this.#chunks.push(ahead);
      return Promise.resolve({ done: false, value: ahead });
    }
    return new Promise((resolve, reject) => {
      let sizeBytes = 0;
      const settle = () => {
        request.off("data", onData).off("end", onEnd).off("close", this.cut);
        resolve({ done: false, value: this.bytes });
      };
      const onData = (chunk: Buffer) => {
        this.#chunks.push(chunk);
        sizeBytes += chunk.length;
        // With nobody listening the rest flows away.
        if (sizeBytes > this.#mostBytes) settle();
      };
      this.cut = () => reject(new ConnectError("the request was cut short", Code.Canceled));
      const onEnd = () => (wasReset(request) ? this.cut() : settle());
      if (request.destroyed) return this.cut();
      request.on("data", onData).on("end", onEnd).on("close", this.cut).on("error", this.cut);
    });
  }
}

/** HTTP/2 ends the body of a stream that was reset like any other. */
function wasReset(request: Request): boolean {
  return "stream" in request && (request.stream.aborted || request.stream.rstCode !== 0);
}
