import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { monotonicMs } from "../../clock.ts";
import type { Answer } from "../../record/answer.ts";
import type { Ask, Method } from "../method.ts";
import type { Call, Destination, Sender } from "../sender.ts";
import { frame, readAnswer } from "./grpc-message.ts";

const sweepMs = 20;
const reconnectMs = 100;
/** At most as many streams on one connection, whatever more the server allows. */
const streamsLimit = 100;

interface Session {
  http2: ClientHttp2Session;
  streams: number;
  limit: number;
}

interface Flight extends Call {
  stream: ClientHttp2Stream;
  sentMs: number;
  end(answer: Answer): boolean;
}

/** gRPC over cleartext HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), many calls on each connection. */
export class GrpcSender implements Sender {
  onFree = (): void => {};
  readonly #to: Destination;
  readonly #headers: Record<string, string>;
  readonly #sessions: Session[] = [];
  /** Oldest first. */
  readonly #flights = new Set<Flight>();
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(to: Destination) {
    this.#to = to;
    this.#headers = {
      ":method": "POST",
      "content-type": "application/grpc+proto",
      te: "trailers",
      ...(to.apiKey === undefined ? {} : { authorization: `Bearer ${to.apiKey}` }),
    };
  }

  get free(): number {
    return this.#sessions.reduce((sum, session) => sum + room(session), 0);
  }

  async open(): Promise<void> {
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = setTimeout(
      reject,
      this.#to.timeoutMs,
      new Error("the connections did not open in time"),
    );
    this.onFree = () => this.#sessions.length === this.#to.connections && resolve();
    for (let count = 0; count < this.#to.connections; count++) this.#connect();
    await promise.finally(() => clearTimeout(deadline));
    this.onFree = () => {};
  }

  send(ask: Ask, onAnswer: (answer: Answer) => void): Call {
    const session = this.#sessions.reduce((best, other) => (room(other) > room(best) ? other : best));
    const stream = session.http2.request({ ...this.#headers, ":path": ask.method.path });
    session.streams++;
    const flight: Flight = {
      stream,
      sentMs: monotonicMs(),
      end: (answer) => {
        if (!this.#flights.delete(flight)) return false;
        onAnswer(answer);
        return true;
      },
      hangUp: () => flight.end({ kind: "hung up" }) && stream.close(constants.NGHTTP2_CANCEL),
    };
    this.#flights.add(flight);
    this.#listen(stream, flight, session, ask.method);
    stream.end(frame(ask));
    return flight;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const flight of this.#flights) flight.end({ kind: "lost", why: "cut off" });
    for (const { http2 } of this.#sessions) http2.destroy();
  }

  #listen(stream: ClientHttp2Stream, flight: Flight, session: Session, method: Method): void {
    const chunks: Buffer[] = [];
    let trailers = {};
    stream.on("response", (headers) => {
      if (headers["grpc-status"] !== undefined) trailers = headers;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("trailers", (headers) => {
      trailers = headers;
    });
    stream.on("error", () => {});
    stream.on("close", () => {
      session.streams--;
      const whole = stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.readableEnded;
      flight.end(
        whole
          ? readAnswer(method, Buffer.concat(chunks), trailers)
          : { kind: "lost", why: "connection lost" },
      );
      if (!session.http2.closed) this.onFree();
    });
  }

  #connect(): void {
    if (this.#closed) return;
    const host = this.#to.host.includes(":") ? `[${this.#to.host}]` : this.#to.host;
    const http2 = connect(`http://${host}:${this.#to.port}`);
    let session: Session | undefined;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      if (session) this.#sessions.splice(this.#sessions.indexOf(session), 1);
      if (session) this.#connect();
      else setTimeout(() => this.#connect(), reconnectMs);
    };
    http2.on("error", () => {});
    http2.once("remoteSettings", ({ maxConcurrentStreams }) => {
      session = { http2, streams: 0, limit: Math.min(streamsLimit, maxConcurrentStreams ?? streamsLimit) };
      this.#sessions.push(session);
      this.onFree();
    });
    http2.once("goaway", end);
    http2.once("close", end);
  }

  #sweep(): void {
    const nowMs = monotonicMs();
    for (const flight of this.#flights) {
      if (nowMs - flight.sentMs < this.#to.timeoutMs) break;
      flight.end({ kind: "lost", why: "timed out" });
      flight.stream.close(constants.NGHTTP2_CANCEL);
    }
  }
}

const room = ({ http2, streams, limit }: Session): number => (http2.closed ? 0 : limit - streams);
