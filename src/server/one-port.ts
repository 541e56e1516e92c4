import http from "node:http";
import http2, { type ServerHttp2Stream } from "node:http2";
import https from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { detectProtocol, putBack } from "./detect-protocol.ts";
import type { Request, Response } from "./exchange.ts";
import type { FastLane } from "./fast-lane/fast-lane.ts";
import { readAhead } from "./read-ahead.ts";
import { createSessions } from "./sessions.ts";

export interface OnePortOptions {
  readonly onRequest: (request: Request, response: Response) => void;
  /** Sees every connection and request first. */
  readonly fastLane: FastLane;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly maxStreams: number;
  /** How long a client may take to say something, to send a request's headers, and to send a request. */
  readonly patienceMs: number;
}

export interface OnePort {
  /** Listens; counts and closes every connection, HTTP/2 ones too. */
  readonly server: http.Server | https.Server;
  /** Takes no more connections and calls, closes those at rest, and resolves when the last call is done. */
  close(): Promise<void>;
  /** Cuts every connection. */
  destroy(): void;
}

const maxConnections = 20_000;
/** Longer than load balancers keep theirs, so that it is they who close idle connections and no request meets a closing one. */
export const keepAliveMs = 75_000;
const http2IdleMs = 300_000;
/** TLS 1.2 and 1.3 with forward secrecy and authenticated encryption: those that HTTP/2 allows (RFC 9113 §9.2), the recommended of RFC 9325 §4.2. */
const secure = {
  minVersion: "TLSv1.2",
  ciphers: [
    ...["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
    ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
    ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
    ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
  ].join(":"),
} as const;
/** What a connection taken just before the end gets to say something. */
const firstBytesMs = 100;

/**
 * One port for HTTP/1.1 and HTTP/2: in cleartext told apart by the first bytes, with TLS by ALPN.
 *
 * The HTTP/1.1 server is the one that listens, because its limits on slow clients only work where it does; HTTP/2 connections are handed
 * on before it sees them.
 */
export function createOnePort(options: OnePortOptions): OnePort {
  const { onRequest, fastLane, tls, maxStreams, patienceMs } = options;
  const limits = {
    headersTimeout: patienceMs,
    // A call has its own deadline, which comes first and says so.
    requestTimeout: 2 * patienceMs,
    connectionsCheckingInterval: Math.min(1_000, patienceMs),
    keepAliveTimeout: keepAliveMs,
    keepAlive: true,
  };
  const server = tls
    ? https.createServer(
        { ...limits, ...tls, ...secure, ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: patienceMs },
        onRequest,
      )
    : http.createServer(limits, onRequest);
  server.maxConnections = maxConnections;

  const http2Server = http2.createServer(
    {
      settings: { maxConcurrentStreams: maxStreams, enablePush: false },
      // What a client that keeps cancelling may do on one connection before it is cut off: 500 at once, 100 a second (CVE-2023-44487).
      streamResetBurst: 500,
      streamResetRate: 100,
    },
    onRequest,
  );
  const imitateHttp1 = http2Server.listeners("stream");
  http2Server.removeAllListeners("stream");
  http2Server.on("stream", (stream: ServerHttp2Stream, headers, flags, rawHeaders) => {
    // Reset, or broken, in the same breath as it was opened: it has left its connection, and nobody waits for an answer.
    if (stream.destroyed) {
      // What broke it is still to be told, and untold it would end the process.
      stream.on("error", () => {});
      return;
    }
    const imitate = () => {
      for (const listener of imitateHttp1) listener.call(http2Server, stream, headers, flags, rawHeaders);
    };
    const handOver = (bytes: Buffer) => {
      readAhead.set(stream, bytes);
      imitate();
    };
    if (!fastLane.stream(stream, headers, handOver)) imitate();
  });
  const sessions = createSessions(http2IdleMs);
  http2Server.on("session", (session) => sessions.add(session));

  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  const event = tls ? "secureConnection" : "connection";
  const serveHttp1 = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, (socket: Socket | TLSSocket) => {
    const serve = (protocol: "http1" | "http2") => {
      silent.delete(socket);
      if (protocol === "http1") {
        fastLane.connection(socket, (bytes) => {
          putBack(socket, bytes);
          for (const listener of serveHttp1) listener.call(server, socket);
        });
      } else {
        // HTTP/1.1 servers let a client close its half and wait; an HTTP/2 session would never learn that its client is gone.
        socket.allowHalfOpen = false;
        http2Server.emit("connection", socket);
      }
    };
    if ("alpnProtocol" in socket) return serve(socket.alpnProtocol === "h2" ? "http2" : "http1");
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
    detectProtocol(socket, patienceMs, serve);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  return {
    server,
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      fastLane.close();
      sessions.close();
      setTimeout(() => {
        for (const socket of silent) socket.destroy();
      }, firstBytesMs);
      return promise;
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
