import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { ConnectError } from "@connectrpc/connect";
import type { Call, Sink } from "./call.ts";
import { connectErrorReply, connectReply, isUsual, type Reply } from "./connect-reply.ts";
import { httpDate } from "./http-date.ts";
import { type PlainHead, readPlainHead } from "./http1-plain.ts";
import type { Lane } from "./lane.ts";
import type { PlainOptions } from "./plain.ts";

export interface Http1Options extends PlainOptions {
  readonly lane: Lane;
  readonly keepAliveMs: number;
  /** How long the rest of a request may take to come. */
  readonly patienceMs: number;
  /** Takes a connection over for good, beginning with these bytes. */
  readonly handOver: (bytes: Buffer) => void;
  /** The connection is closed or handed over. */
  readonly onLeft: (connection: Http1Connection) => void;
}

/**
 * A connection over HTTP/1.1 as long as its requests are plain: read from the socket without a parser's objects, answered in one write.
 * The first request that is not plain takes the connection, with all of its bytes, to node:http.
 *
 *   reading ── a whole plain request ──► busy ── answered and flushed ──► reading
 *      │ └── the beginning of one ──► waiting ── the rest ──► busy
 *      └── anything else, or waiting in vain ──► handed over
 */
export class Http1Connection implements Sink {
  readonly #socket: Socket;
  readonly #options: Http1Options;
  #state: "reading" | "waiting" | "busy" = "reading";
  #head: PlainHead | undefined;
  #call: Call | undefined;
  /** Waiting: the beginning of a request. Busy: what came behind the one that is being answered. */
  #rest: Buffer | undefined;
  /** Of the request that is waited for. */
  #cut: PlainHead | undefined;
  #closing = false;

  constructor(socket: Socket, options: Http1Options) {
    this.#socket = socket;
    this.#options = options;
    socket.setTimeout(options.keepAliveMs);
    socket.on("data", this.#onData).on("drain", this.#onDrain).on("timeout", this.#onTimeout);
    socket.on("end", this.#onEnd).on("error", this.#onEnd).on("close", this.#onClose);
  }

  /** From now on an answer is the connection's last. */
  retire(): void {
    this.#closing = true;
  }

  /** Finishes what is under way, then closes the connection. */
  close(): void {
    this.#closing = true;
    if (this.#state === "reading") this.#socket.destroy();
    else if (this.#state === "busy" && this.#call === undefined) this.#socket.end();
  }

  answer(call: Call, message: Uint8Array | string): void {
    if (isUsual(call, message)) {
      const { begin, middle } = this.#head!;
      this.#write(begin + message.length + middle + httpDate() + this.#end(), message);
    } else this.#send(connectReply(call, message));
  }

  fail(call: Call, error: ConnectError): void {
    this.#send(connectErrorReply(call, error));
  }

  #send(reply: Reply | Promise<Reply>): void {
    if (reply instanceof Promise) {
      reply.then((later) => this.#send(later), this.#onEnd);
      return;
    }
    const { status, headers, body } = reply;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${this.#head!.cors}`;
    for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
    this.#write(`${head}Date: ${httpDate()}${this.#end()}`, body);
  }

  #end(): string {
    if (this.#closing) return "\r\nConnection: close\r\n\r\n";
    return `\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${this.#options.keepAliveMs / 1_000}\r\n\r\n`;
  }

  #write(head: string, body: Uint8Array | string): void {
    const socket = this.#socket;
    let flushed: boolean;
    // In one piece where it is small: two cost another system call.
    if (typeof body === "string") flushed = socket.write(head + body, "latin1");
    else if (body.length < inOnePieceBytes) flushed = socket.write(head + charsOf(body), "latin1");
    else {
      socket.cork();
      socket.write(head, "latin1");
      flushed = socket.write(body);
      socket.uncork();
    }
    this.#call = undefined;
    if (this.#closing) socket.end();
    else if (flushed) this.#next();
    // Else the client reads slowly: it gets its next answer when it has taken this one.
  }

  /** The answer is out: on with what came behind its request, but not at once, because clients may send thousands ahead. */
  #next(): void {
    if (this.#rest === undefined) this.#state = "reading";
    else setImmediate(this.#readRest);
  }

  readonly #readRest = (): void => {
    const bytes = this.#rest;
    this.#rest = undefined;
    this.#state = "reading";
    if (bytes === undefined || this.#socket.destroyed) return;
    this.#read(bytes);
    if (!this.#isBusy()) this.#socket.resume();
  };

  #isBusy(): boolean {
    return this.#state === "busy";
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#state === "busy") {
      this.#rest = bytes;
      this.#socket.pause();
    } else this.#read(bytes);
  };

  #read(bytes: Buffer): void {
    const head = this.#headOf(bytes);
    if (head === undefined) this.#handOver(bytes);
    else if (head === "partial") this.#wait(bytes, undefined);
    else if (bytes.length < head.bytes.length + head.bodyBytes) this.#wait(bytes, head);
    else this.#run(head, bytes);
  }

  #run(head: PlainHead, bytes: Buffer): void {
    const { lane, keepAliveMs } = this.#options;
    const from = head.bytes.length;
    const to = from + head.bodyBytes;
    const message = lane.read(head, bytes.subarray(from, to));
    if (message === undefined) {
      this.#handOver(bytes);
      return;
    }
    if (this.#state === "waiting") this.#socket.setTimeout(keepAliveMs);
    this.#state = "busy";
    this.#rest = bytes.length > to ? bytes.subarray(to) : undefined;
    if (this.#rest !== undefined) this.#socket.pause();
    this.#call = lane.begin(head, this);
    lane.run(this.#call, message);
  }

  #headOf(bytes: Buffer): PlainHead | "partial" | undefined {
    const known = this.#head?.bytes;
    const length = known?.length ?? 0;
    if (known && bytes.length >= length && bytes.compare(known, 0, length, 0, length) === 0)
      return this.#head;
    const head = readPlainHead(bytes, this.#socket, this.#options);
    if (typeof head === "object") this.#head = head;
    return head;
  }

  /** For the rest of a request, once: one that comes in more than two pieces is not worth the lane. */
  #wait(bytes: Buffer, head: PlainHead | undefined): void {
    if (this.#state === "waiting") this.#handOver(bytes);
    else {
      this.#state = "waiting";
      this.#rest = bytes;
      this.#cut = head;
      this.#socket.setTimeout(this.#options.patienceMs);
    }
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.setTimeout(0);
    socket.off("data", this.#onData).off("drain", this.#onDrain).off("timeout", this.#onTimeout);
    socket.off("end", this.#onEnd).off("error", this.#onEnd).off("close", this.#onClose);
    this.#options.onLeft(this);
    this.#options.handOver(bytes);
  }

  readonly #onDrain = (): void => {
    if (this.#state === "busy" && this.#call === undefined) this.#next();
  };

  readonly #onTimeout = (): void => {
    if (this.#state === "waiting") this.#handOver(this.#rest!);
    // A call has its own deadline.
    else if (this.#call === undefined) this.#socket.destroy();
  };

  /** The client has hung up, as node:http sees it too. */
  readonly #onEnd = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    const { lane, onLeft } = this.#options;
    if (this.#call !== undefined) lane.abandon(this.#call);
    else if (this.#state === "waiting" && this.#cut !== undefined) lane.countCut(this.#cut);
    onLeft(this);
  };
}

const inOnePieceBytes = 4_096;

const charsOf = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length).toString("latin1");
