import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { ConnectError } from "@connectrpc/connect";
import type { Call, Sink } from "./call.ts";
import { connectErrorReply, connectReply, contentTypes, isUsual, type Reply } from "./connect-reply.ts";
import { type GrpcReply, grpcErrorReply, grpcReply, prefixBytes } from "./grpc-reply.ts";
import type { Http2Head } from "./http2-plain.ts";
import type { Lane } from "./lane.ts";

export interface Http2Options {
  readonly lane: Lane;
  readonly maxMessageBytes: number;
  /** Takes over a stream of whose body these bytes have been read: all, or more than a message may have. */
  readonly handOver: (bytes: Buffer) => void;
}

/** A plain request over HTTP/2, from its body to its answer, without the objects that imitate HTTP/1.1's. */
export class Http2Call implements Sink {
  readonly #stream: ServerHttp2Stream;
  readonly #head: Http2Head;
  readonly #cors: OutgoingHttpHeaders;
  readonly #options: Http2Options;
  readonly #call: Call;
  #chunks: Buffer[] = [];
  #sizeBytes = 0;
  /** Whether all of the request is here. */
  #ended = false;
  #trailers: OutgoingHttpHeaders | undefined;

  constructor(stream: ServerHttp2Stream, head: Http2Head, cors: OutgoingHttpHeaders, options: Http2Options) {
    this.#stream = stream;
    this.#head = head;
    this.#cors = cors;
    this.#options = options;
    this.#call = options.lane.begin(head, this);
    stream.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    // Told by close as well.
    stream.on("error", () => {});
  }

  answer(call: Call, message: Uint8Array | string): void {
    if (this.#head.protocol === "grpc") this.#sendGrpc(grpcReply(call, message));
    else if (isUsual(call, message)) {
      this.#respond({
        ":status": 200,
        "content-length": message.length,
        "content-type": contentTypes[this.#head.json ? "json" : "proto"],
      });
      this.#end(message);
    } else this.#send(connectReply(call, message));
  }

  fail(call: Call, error: ConnectError): void {
    if (this.#head.protocol === "grpc") this.#sendGrpc(grpcErrorReply(call, error));
    else this.#send(connectErrorReply(call, error));
  }

  #send(reply: Reply | Promise<Reply>): void {
    if (reply instanceof Promise) {
      reply.then((later) => this.#send(later), this.#onBroken);
      return;
    }
    this.#respond({ ":status": reply.status, ...Object.fromEntries(reply.headers) });
    this.#end(reply.body);
  }

  #sendGrpc(reply: GrpcReply | Promise<GrpcReply>): void {
    if (reply instanceof Promise) {
      reply.then((later) => this.#sendGrpc(later), this.#onBroken);
      return;
    }
    this.#trailers = reply.trailers;
    this.#respond(reply.headers);
    this.#end(reply.body);
  }

  #respond(headers: OutgoingHttpHeaders): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    const all = this.#cors === noHeaders ? headers : { ...this.#cors, ...headers };
    if (!this.#ended) this.#trailers ??= {};
    if (this.#trailers === undefined) stream.respond(all);
    else stream.once("wantTrailers", this.#onWantTrailers).respond(all, { waitForTrailers: true });
  }

  #end(body: Uint8Array | string | undefined): void {
    if (this.#stream.destroyed) return;
    if (typeof body === "string") this.#stream.end(body, "latin1");
    else if (body === undefined) this.#stream.end();
    else this.#stream.end(body);
  }

  readonly #onWantTrailers = (): void => {
    const stream = this.#stream;
    stream.sendTrailers(this.#trailers!);
    // Tells the client not to send the rest of a request that has been answered (RFC 9113 §8.1); a reset overtakes trailers that are not out.
    if (!this.#ended) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  };

  readonly #onBroken = (): void => {
    this.#stream.destroy();
  };

  readonly #onData = (chunk: Buffer): void => {
    // The rest of a call that was given up flows away.
    if (this.#call.settled) return;
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#options.maxMessageBytes + prefixBytes) this.#handOver();
  };

  readonly #onEnd = (): void => {
    const stream = this.#stream;
    // A stream that was reset ends like any other; its message may be half of one.
    if (stream.aborted || stream.rstCode !== 0 || this.#call.settled) return;
    this.#ended = true;
    const { lane } = this.#options;
    const bytes = this.#messageBytes();
    const message = bytes && lane.read(this.#head, bytes);
    if (message === undefined) this.#handOver();
    else lane.run(this.#call, message);
  };

  get #body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }

  /** Undefined where the body is not exactly one message. */
  #messageBytes(): Buffer | undefined {
    const body = this.#body;
    if (this.#head.protocol === "connect") return body;
    const whole =
      body.length >= prefixBytes && body[0] === 0 && body.readUInt32BE(1) === body.length - prefixBytes;
    return whole ? body.subarray(prefixBytes) : undefined;
  }

  #handOver(): void {
    const stream = this.#stream;
    stream.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    this.#options.lane.forget(this.#call);
    this.#options.handOver(this.#body);
  }

  readonly #onClose = (): void => {
    this.#options.lane.abandon(this.#call);
  };
}

/** What is said to a page of no other origin. */
export const noHeaders: OutgoingHttpHeaders = {};
