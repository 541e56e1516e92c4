import { constants } from "node:http2";
import type { BlockList } from "node:net";
import { type ConnectRouter, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Logger } from "../log.ts";
import { type Fault, faultToConnectError, lateFault } from "../rpc/errors.ts";
import type { Gate } from "../rpc/gate.ts";
import { jsonOptions } from "../rpc/json-options.ts";
import { explainStatus } from "./bare-status.ts";
import { Body } from "./body.ts";
import type { CallMeter } from "./call-meter.ts";
import { type CallRecord, callRecord, carry, createCallRecord, recordError } from "./call-record.ts";
import { callerAddress, callerOf, exactAddress } from "./caller.ts";
import { Deadlines } from "./deadlines.ts";
import { diagnose } from "./diagnose.ts";
import type { Request, Response } from "./exchange.ts";
import type { MessageLimits } from "./message-limits.ts";
import { sendOne } from "./send-one.ts";

export interface CallsOptions {
  readonly routes: (router: ConnectRouter) => void;
  readonly gates: readonly Gate[];
  readonly meter: CallMeter;
  readonly log: Logger;
  readonly timeoutMs: number;
  readonly limits: MessageLimits;
  readonly trustedProxies: BlockList | undefined;
  /** Aborted when streams have to end; calls with one answer are left to finish. */
  readonly stopping: AbortSignal;
}

/** What gRPC puts before a message. */
const envelopeBytes = 5;
/** The longest delay of a timer in Node. */
export const maxTimeoutMs = 2 ** 31 - 1;

/**
 * Answers calls over Connect, gRPC and gRPC-Web by connect's handlers, and adds what they leave out: a deadline, errors that say what is
 * wrong with a message, a body for bare HTTP statuses, counts. Returns whether the path was a method's.
 */
export function createCalls(
  options: CallsOptions,
): (path: string, request: Request, response: Response) => boolean {
  const { meter, log, timeoutMs, limits } = options;
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: limits.usualBytes,
    maxTimeoutMs,
    jsonOptions,
    interceptors: [carry(options.gates, log)],
    requestGate({ values }) {
      const rejection = values.get(callRecord)?.rejection;
      if (rejection !== undefined) throw rejection;
    },
  });
  options.routes(limits.router(router));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  /** An error in whatever form the request's protocol has for it: connect answers the same request again, up to its gate. */
  function reject(
    handler: UniversalHandler,
    request: UniversalServerRequest,
    record: CallRecord,
    because: Fault,
  ) {
    record.rejection = faultToConnectError(because);
    recordError(record, record.rejection);
    return handler({ ...request, body: nothing() });
  }

  async function answer(
    handler: UniversalHandler,
    request: UniversalServerRequest,
    body: Body,
    record: CallRecord,
  ) {
    const given = await handler({ ...request, body });
    if (record.reached || record.rejection !== undefined) return given;
    const explained = explainStatus(handler, given);
    if (explained !== undefined) {
      recordError(record, explained.error);
      return explained.response;
    }
    const problem = await diagnose(handler.method, request, body.bytes, limits.of(handler.method));
    if (problem !== undefined) return reject(handler, request, record, problem);
    record.code = "invalid_argument";
    record.reason = "PROTOCOL_ERROR";
    return given;
  }

  /** At its deadline a call is answered with an error. Work under way goes on: its outcome is there for whoever asks again. */
  const deadlines = new Deadlines<Carried>(timeoutMs, (call) => {
    const { handler, universal, body, record, request, response } = call;
    record.late = true;
    endConnection(response);
    body.cut();
    resetUnread(request);
    reject(handler, universal, record, lateFault(timeoutMs))
      .then((late) => sendOne(late, response))
      .catch((error) => unanswered(call, error));
  });

  async function serveOne(call: Carried): Promise<void> {
    const { handler, universal, body, record, request, response } = call;
    deadlines.add(call);
    try {
      const given = await answer(handler, universal, body, record);
      if (record.late) return;
      if (record.rejection !== undefined) resetUnread(request);
      await sendOne(given, response);
    } finally {
      deadlines.delete(call);
    }
  }

  async function serveStream({ handler, universal, response }: Carried): Promise<void> {
    const signal = AbortSignal.any([universal.signal, options.stopping]);
    const given = await handler({ ...universal, signal });
    await universalResponseToNodeResponse(explainStatus(handler, given)?.response ?? given, response);
  }

  /** The connection is gone, or the request was one that no URL can be made of. */
  function unanswered({ handler, response }: Pick<Carried, "handler" | "response">, error: unknown): void {
    log.debug({ err: error, method: nameOf(handler) }, "a call could not be answered");
    if (!response.headersSent) response.writeHead(400);
    response.end();
  }

  async function serve(handler: UniversalHandler, request: Request, response: Response, record: CallRecord) {
    const origin = callerOf(request.socket, forwardedFor(request), options.trustedProxies);
    const values = createContextValues()
      .set(callRecord, record)
      .set(callerAddress, origin.counted)
      .set(exactAddress, origin.exact);
    const universal = universalRequestFromNodeRequest(request, response, undefined, values);
    const body = new Body(request, limits.of(handler.method) + envelopeBytes);
    const call = { handler, universal, body, record, request, response, startedMs: performance.now() };
    await (handler.method.methodKind === "unary" ? serveOne(call) : serveStream(call));
  }

  return (path, request, response) => {
    const handler = handlers.get(path);
    if (handler === undefined) return false;
    const startedMs = performance.now();
    const record = createCallRecord();
    response.once("close", () => {
      const code = wasDelivered(request, response) ? record.code : "canceled";
      meter.count(nameOf(handler), code, record.reason, performance.now() - startedMs);
    });
    serve(handler, request, response, record).catch((error) => unanswered({ handler, response }, error));
    return true;
  };
}

/** A call, and everything that its answer takes. */
interface Carried {
  readonly handler: UniversalHandler;
  readonly universal: UniversalServerRequest;
  readonly body: Body;
  readonly record: CallRecord;
  readonly request: Request;
  readonly response: Response;
  readonly startedMs: number;
}

const nameOf = ({ service, method }: UniversalHandler) => `${service.typeName}/${method.name}`;

/** Whether the client was still there. HTTP/2 calls a response finished that was reset. */
function wasDelivered(request: Request, response: Response): boolean {
  return "stream" in request ? !request.stream.aborted : response.writableFinished;
}

function forwardedFor({ headers }: Request): string | undefined {
  const value = headers["x-forwarded-for"];
  return Array.isArray(value) ? value.join(",") : value;
}

/** HTTP/1.1: a body that did not come in time is not waited for. */
function endConnection(response: Response): void {
  if ("shouldKeepAlive" in response) response.shouldKeepAlive = false;
}

/** HTTP/2: tells the client not to send the rest of a request that has been answered (RFC 9113 §8.1). */
function resetUnread(request: Request): void {
  if (!("stream" in request)) return;
  const { stream } = request;
  // A reset overtakes trailers that have not been sent.
  stream.once("wantTrailers", () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
