import { isIPv4 } from "node:net";
import { monotonicMs } from "../../clock.ts";
import type { Answer } from "../../record/answer.ts";
import type { ConnectCodec } from "../connect-codec.ts";
import type { Ask } from "../method.ts";
import type { Call, Destination, Sender } from "../sender.ts";
import { Http1Connection } from "./connection.ts";

const sweepMs = 20;
const reconnectMs = 100;
/** Node's servers close idle connections after 5 s: they are renewed before, so that no request meets a closing one. */
const renewIdleMs = 4_000;

interface Flight extends Call {
  connection: Http1Connection;
  sentMs: number;
  end(answer: Answer): boolean;
}

/** Connect unary calls over plain keep-alive connections, one request at a time on each. */
export class Http1Sender implements Sender {
  onFree = (): void => {};
  readonly #to: Destination;
  readonly #codec: ConnectCodec;
  /** What comes behind the request line, up to the length. */
  readonly #head: string;
  readonly #idle: Http1Connection[] = [];
  readonly #connections = new Set<Http1Connection>();
  /** Oldest first. */
  readonly #flights = new Set<Flight>();
  #connectionsMade = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(to: Destination, codec: ConnectCodec) {
    this.#to = to;
    this.#codec = codec;
    this.#head = [
      " HTTP/1.1",
      `Host: ${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`,
      `Content-Type: ${codec.contentType}`,
      "Connect-Protocol-Version: 1",
      ...(to.apiKey === undefined ? [] : [`Authorization: Bearer ${to.apiKey}`]),
      "Content-Length: ",
    ].join("\r\n");
  }

  get free(): number {
    return this.#idle.length;
  }

  async open(): Promise<void> {
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = setTimeout(
      reject,
      this.#to.timeoutMs,
      new Error("the connections did not open in time"),
    );
    this.onFree = () => this.#idle.length === this.#to.connections && resolve();
    for (let count = 0; count < this.#to.connections; count++) this.#connect();
    await promise.finally(() => clearTimeout(deadline));
    this.onFree = () => {};
  }

  send(ask: Ask, onAnswer: (answer: Answer) => void): Call {
    const connection = this.#idle.pop()!;
    const flight: Flight = {
      connection,
      sentMs: monotonicMs(),
      end: (answer) => {
        if (!this.#flights.delete(flight)) return false;
        onAnswer(answer);
        return true;
      },
      hangUp: () => flight.end({ kind: "hung up" }) && connection.drop(Math.random() < 0.5),
    };
    this.#flights.add(flight);
    connection.exchange(this.#message(ask), (end) =>
      flight.end(
        typeof end === "string"
          ? { kind: "lost", why: end }
          : this.#codec.decode(ask.method, end.status, end.body),
      ),
    );
    return flight;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const flight of this.#flights) flight.end({ kind: "lost", why: "cut off" });
    for (const connection of this.#connections) connection.drop(false);
  }

  #message(ask: Ask): Buffer {
    const body = this.#codec.encode(ask);
    const head = `POST ${ask.method.path}${this.#head}${body.length}\r\n\r\n`;
    const message = Buffer.allocUnsafe(head.length + body.length);
    message.write(head, "latin1");
    message.set(body, head.length);
    return message;
  }

  #connect(): void {
    if (this.#closed) return;
    const { host, port } = this.#to;
    let everIdle = false;
    const connection = new Http1Connection(
      { host, port, localAddress: this.#localAddress() },
      {
        idle: () => {
          everIdle = true;
          connection.idleSinceMs = monotonicMs();
          this.#idle.push(connection);
          this.onFree();
        },
        closed: () => {
          this.#connections.delete(connection);
          const at = this.#idle.indexOf(connection);
          if (at >= 0) this.#idle.splice(at, 1);
          if (everIdle) this.#connect();
          else setTimeout(() => this.#connect(), reconnectMs);
        },
      },
    );
    this.#connections.add(connection);
  }

  /** Connections that replace others spread over 127.0.0.0/8: closed ones keep their port for a minute, and one address has 28,000. */
  #localAddress(): string | undefined {
    const replacement = this.#connectionsMade++ - this.#to.connections;
    if (replacement < 0 || process.platform !== "linux") return undefined;
    if (!isIPv4(this.#to.host) || !this.#to.host.startsWith("127.")) return undefined;
    return `127.0.${1 + (Math.floor(replacement / 250) % 250)}.${1 + (replacement % 250)}`;
  }

  #sweep(): void {
    const nowMs = monotonicMs();
    for (const flight of this.#flights) {
      if (nowMs - flight.sentMs < this.#to.timeoutMs) break;
      flight.end({ kind: "lost", why: "timed out" });
      flight.connection.drop(false);
    }
    while (this.#idle.length > 0 && nowMs - this.#idle[0]!.idleSinceMs > renewIdleMs)
      this.#idle.shift()!.drop(false);
  }
}
