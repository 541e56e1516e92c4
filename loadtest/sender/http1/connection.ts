import { connect, type Socket } from "node:net";
import { type HttpResponse, parseResponse } from "./parse-response.ts";

/** How an exchange ended without a response. */
export type Break = "connection lost" | "unreadable answer";

interface Events {
  /** The connection can take a request. */
  idle(connection: Http1Connection): void;
  /** The connection is gone, for whatever reason. */
  closed(connection: Http1Connection): void;
}

const none: Buffer = Buffer.alloc(0);

/** One keep-alive connection with one exchange on it at a time. It never re-sends and never reconnects. */
export class Http1Connection {
  idleSinceMs = 0;
  readonly #socket: Socket;
  readonly #events: Events;
  #pending = none;
  #onEnd: ((end: HttpResponse | Break) => void) | undefined;
  #open = true;

  constructor(to: { host: string; port: number; localAddress?: string }, events: Events) {
    this.#events = events;
    this.#socket = connect({ ...to, noDelay: true });
    this.#socket.on("connect", () => events.idle(this));
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("end", () => this.#read(undefined));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#closed());
  }

  get open(): boolean {
    return this.#open;
  }

  /** Writes a request; `onEnd` is called once, unless the connection is dropped before. */
  exchange(message: Buffer, onEnd: (end: HttpResponse | Break) => void): void {
    this.#onEnd = onEnd;
    this.#socket.write(message);
  }

  /** Closes the connection at once, by FIN or, abruptly, by RST. An exchange on it gets no end. */
  drop(abruptly: boolean): void {
    this.#onEnd = undefined;
    if (abruptly) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #read(chunk: Buffer | undefined): void {
    if (chunk) this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      const response = this.#onEnd && parseResponse(this.#pending, chunk === undefined);
      if (!response) return;
      this.#pending = this.#pending.subarray(response.sizeBytes);
      if (!response.keepAlive) this.#socket.destroy();
      this.#finish(response);
      if (response.keepAlive) this.#events.idle(this);
    } catch {
      this.#socket.destroy();
      this.#finish("unreadable answer");
    }
  }

  #finish(end: HttpResponse | Break): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(end);
  }

  #closed(): void {
    this.#open = false;
    this.#finish("connection lost");
    this.#events.closed(this);
  }
}
