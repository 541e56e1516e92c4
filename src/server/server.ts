import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import type { DescMethod, DescMethodUnary } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { type Config, ConfigError } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { fault, faultToConnectError } from "../rpc/errors.ts";
import type { Gate } from "../rpc/gate.ts";
import { sendNotFound } from "./bare-status.ts";
import { CallMeter } from "./call-meter.ts";
import { callerOf } from "./caller.ts";
import { createCalls, maxTimeoutMs } from "./calls.ts";
import { createCors } from "./cors.ts";
import type { Request, Response } from "./exchange.ts";
import type { Codec } from "./fast-lane/codec.ts";
import { createFastLane } from "./fast-lane/fast-lane.ts";
import { Lane } from "./fast-lane/lane.ts";
import { recordUnary, type UnaryMethod } from "./fast-lane/methods.ts";
import { MessageLimits } from "./message-limits.ts";
import { createOnePort, keepAliveMs } from "./one-port.ts";
import { createPages } from "./pages.ts";
import type { Readiness } from "./readiness.ts";
import { welcome } from "./welcome.ts";

export interface ServerOptions {
  readonly config: Config;
  readonly routes: (router: ConnectRouter) => void;
  /** In this order; what they throw reaches the caller as errors do (rpc/errors.ts). */
  readonly gates?: readonly Gate[];
  /** For methods that are called often enough to be worth one of their own. */
  readonly codecs?: ReadonlyMap<DescMethod, Codec>;
  /** Methods that take many requests at once, whose messages may be larger. */
  readonly batches?: ReadonlySet<DescMethodUnary>;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Several processes listen on the same port, and the kernel spreads connections over them. */
  readonly reusePort?: boolean;
  /** What /metrics shows; this process's own metrics by default. */
  readonly scrape?: () => Promise<string>;
  /** How long a stopping server that is not ready any more still takes connections, so that balancers see it first; 500 ms by default. */
  readonly graceMs?: number;
}

export interface Server {
  /** Resolves when connections are taken. Rejects with what to do about it where the address can't be had. */
  listen(): Promise<{ url: string; port: number }>;
  /**
   * Turns not ready, waits a little, takes no more connections, lets what is in flight finish, and after deadlineMs cuts what is left.
   * Resolves when the last connection is closed. A second call joins the first.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** Calls, health, metrics and the front page on one port. */
export function createServer(options: ServerOptions): Server {
  const { config, readiness, metrics, log, graceMs = 500 } = options;
  const inFlight = new Set<Response>();
  const streamsEnd = new AbortController();
  let stopped: Promise<void> | undefined;
  let closing = false;

  const cors = createCors(config.corsOrigins ?? []);
  const pages = createPages({
    readiness,
    scrape: options.scrape ?? (() => metrics.registry.metrics()),
    welcome,
  });
  const meter = new CallMeter(metrics);
  const { trustedProxies, requestTimeoutMs: timeoutMs } = config;
  const limits = new MessageLimits(config.maxMessageBytes, options.batches ?? new Set());
  const gates = options.gates ?? [];
  let methods: ReadonlyMap<string, UnaryMethod> = new Map();
  const calls = createCalls({
    routes(router) {
      const recorded = recordUnary(router, options.codecs ?? new Map());
      options.routes(recorded.router);
      methods = recorded.methods;
    },
    gates,
    meter,
    log,
    timeoutMs,
    limits,
    trustedProxies,
    stopping: streamsEnd.signal,
  });
  const fastLane = createFastLane({
    lane: new Lane({ gates, meter, log, timeoutMs }),
    methods,
    limits,
    maxTimeoutMs,
    callerOf: (socket, forwardedFor) => callerOf(socket, forwardedFor, trustedProxies),
    corsHeaders: (origin) => cors.headersFor(origin),
    keepAliveMs,
    patienceMs: timeoutMs,
  });

  function onRequest(request: Request, response: Response): void {
    // A client that is gone before its request is all there: whoever reads the request is told, and where nobody does it would end the process.
    request.on("error", () => {});
    inFlight.add(response);
    response.once("close", () => {
      inFlight.delete(response);
      // One whose headers were out before the stop kept its connection.
      if (closing) setImmediate(() => onePort.server.closeIdleConnections());
    });
    if (stopped !== undefined) endConnection(response);
    const path = (request.url ?? "/").split("?", 1)[0]!;
    if (cors.apply(request, response) || calls(path, request, response) || pages(path, request, response))
      return;
    sendNotFound(response);
  }

  const onePort = createOnePort({
    onRequest,
    fastLane,
    tls: readTls(config),
    maxStreams: config.maxStreams,
    patienceMs: config.requestTimeoutMs,
  });

  async function stop(deadlineMs: number): Promise<void> {
    readiness.block("server", "stopping");
    for (const response of inFlight) endConnection(response);
    fastLane.retire();
    const deadline = new AbortController();
    const late = delay(deadlineMs, undefined, { signal: deadline.signal }).catch(() => {});
    await delay(Math.min(graceMs, deadlineMs));
    streamsEnd.abort(faultToConnectError(fault("STOPPING", "this server is stopping: connect again")));
    closing = true;
    const closed = onePort.close();
    await Promise.race([closed, late]);
    deadline.abort();
    onePort.destroy();
    await closed;
  }

  return {
    async listen() {
      const { host, port } = config;
      onePort.server.listen({ host, port, reusePort: options.reusePort ?? false, exclusive: true });
      await once(onePort.server, "listening").catch((error) => {
        throw new ConfigError([unusable(host, port, error)]);
      });
      const address = onePort.server.address() as AddressInfo;
      return { url: urlOf(config, address.port), port: address.port };
    },
    stop(deadlineMs) {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };
}

/** HTTP/1.1 only: an HTTP/2 connection is told by GOAWAY. */
function endConnection(response: Response): void {
  if ("shouldKeepAlive" in response && !response.headersSent) response.shouldKeepAlive = false;
}

function readTls({ tlsCert, tlsKey }: Config) {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  try {
    createSecureContext(tls);
  } catch {
    throw new ConfigError([
      `ALLOT_TLS_CERT and ALLOT_TLS_KEY name ${tlsCert} and ${tlsKey}, which are not a PEM certificate and its unencrypted private key.`,
    ]);
  }
  return tls;
}

function unusable(host: string, port: number, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `PORT ${port} on ${host} is taken by another process: stop that one or set another PORT.`;
    case "EACCES":
      return `PORT ${port} is not allowed to this user: set one from 1024 up.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST ${host} is not an address of this machine: set HOST to 127.0.0.1, 0.0.0.0 or an address of its own.`;
    default:
      return `HOST ${host} and PORT ${port} can't be listened on (${error.code}).`;
  }
}

/** An address that can be pasted: "every address" is reached at the loopback one. */
function urlOf({ host, tlsCert }: Config, port: number): string {
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  const authority = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `${tlsCert ? "https" : "http"}://${authority}:${port}`;
}
