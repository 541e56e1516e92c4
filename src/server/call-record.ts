import {
  ConnectError,
  createContextKey,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
} from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { Reason, type Refusal } from "../gen/allot/v1/refusal_pb.js";
import { type ErrorLog, errorOfCall, faultInterceptor, reasonOf } from "../rpc/errors.ts";
import { type Gate, gateInterceptor, passGates } from "../rpc/gate.ts";

/** What became of a call: canceled by its client, until something else is known; counted when the answer is out. */
export interface CallRecord {
  /** Whether the call got as far as the interceptors, its message having been decoded. */
  reached: boolean;
  /** Whether the deadline has answered it. */
  late: boolean;
  /** What the call is answered with instead of by its handler. */
  rejection: ConnectError | undefined;
  code: string;
  reason: string;
}

export const callRecord = createContextKey<CallRecord | undefined>(undefined, {
  description: "what became of the call",
});

export function createCallRecord(): CallRecord {
  return { reached: false, late: false, rejection: undefined, code: "canceled", reason: "" };
}

export function recordError(record: CallRecord, error: ConnectError): void {
  record.code = codeToString(error.code);
  record.reason = reasonOf(error) ?? "";
}

/**
 * Carries a call through the gates to its handler, and writes down what becomes of it. One interceptor, because each costs every call promises and
 * objects of its own.
 */
export function carry(gates: readonly Gate[], log: ErrorLog): Interceptor {
  const inner = [faultInterceptor(log), gateInterceptor(gates)] as const;
  return (next) => (request) => {
    const record = request.contextValues.get(callRecord)!;
    record.reached = true;
    if (!request.stream) return carryOne(next, request, record, gates, log);
    return carryStream(inner[0](inner[1](next)), request, record);
  };
}

type Next = Parameters<Interceptor>[0];

async function carryOne(
  next: Next,
  request: UnaryRequest,
  record: CallRecord,
  gates: readonly Gate[],
  log: ErrorLog,
) {
  try {
    const waiting = passGates(gates, request);
    if (waiting !== undefined) await waiting;
    const response = await next(request);
    // An answer that comes after the deadline is not what the caller got.
    if (record.rejection === undefined) {
      record.code = "ok";
      record.reason = refusalReason(response.message as Outcome);
    }
    return response;
  } catch (thrown) {
    const error = errorOfCall(thrown, request, log);
    if (record.rejection === undefined) recordError(record, error);
    throw error;
  }
}

async function carryStream(next: Next, request: StreamRequest, record: CallRecord) {
  try {
    const response = (await next(request)) as StreamResponse;
    return { ...response, message: recorded(response.message, record) };
  } catch (error) {
    recordError(record, ConnectError.from(error));
    throw error;
  }
}

async function* recorded(messages: StreamResponse["message"], record: CallRecord) {
  try {
    yield* messages;
    record.code = "ok";
  } catch (error) {
    recordError(record, ConnectError.from(error));
    throw error;
  }
}

/** Every answer that can be a refusal has this shape. */
interface Outcome {
  readonly outcome?: { readonly case?: string; readonly value?: unknown };
}

/** Empty for an answer that is no refusal. */
export function refusalReason({ outcome }: Outcome): string {
  return outcome?.case === "refusal" ? (Reason[(outcome.value as Refusal).reason] ?? "") : "";
}
