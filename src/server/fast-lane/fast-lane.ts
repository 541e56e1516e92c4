import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { Http1Connection } from "./http1-connection.ts";
import { Http2Call, noHeaders } from "./http2-call.ts";
import { plainHeaders } from "./http2-plain.ts";
import type { Lane } from "./lane.ts";
import type { PlainOptions } from "./plain.ts";

export interface FastLaneOptions extends PlainOptions {
  readonly lane: Lane;
  readonly keepAliveMs: number;
  readonly patienceMs: number;
}

/**
 * Carries unary calls whose requests are plain, and hands everything else over untouched. connect turns every request into web headers, async
 * iterables and an abort controller, which costs several times what issuing a coupon does.
 */
export interface FastLane {
  /** Serves a connection over HTTP/1.1 as long as its requests are plain. */
  connection(socket: Socket, handOver: (bytes: Buffer) => void): void;
  /** Serves a request over HTTP/2 if it is plain; false: it is not, and was not touched. */
  stream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, handOver: (bytes: Buffer) => void): boolean;
  /** From now on an answer over HTTP/1.1 is its connection's last. */
  retire(): void;
  /** Closes connections over HTTP/1.1 as soon as nothing is under way on them. */
  close(): void;
}

export function createFastLane(options: FastLaneOptions): FastLane {
  const connections = new Set<Http1Connection>();
  let retired = false;
  const forget = (connection: Http1Connection) => connections.delete(connection);
  return {
    connection(socket, handOver) {
      const connection = new Http1Connection(socket, { ...options, handOver, onLeft: forget });
      connections.add(connection);
      if (retired) connection.retire();
    },
    stream(stream, headers, handOver) {
      const head = plainHeaders(stream, headers, options);
      if (head === undefined) return false;
      const { origin } = headers;
      const cors = origin === undefined ? noHeaders : options.corsHeaders(origin);
      new Http2Call(stream, head, cors, {
        lane: options.lane,
        maxMessageBytes: options.limits.of(head.method.desc),
        handOver,
      });
      return true;
    },
    retire() {
      retired = true;
      for (const connection of connections) connection.retire();
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
