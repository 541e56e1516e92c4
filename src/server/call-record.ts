import { ConnectError, createContextKey, type Interceptor, type StreamResponse } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { Reason, type Refusal } from "../gen/allot/v1/refusal_pb.js";
import { reasonOf } from "../rpc/errors.ts";

/** What became of a call: canceled by its client, until something else is known; counted when the answer is out. */
export interface CallRecord {
  /** Whether the call got as far as the interceptors, its message having been decoded. */
  reached: boolean;
  /** What the call is answered with instead of by its handler. */
  rejection: ConnectError | undefined;
  code: string;
  reason: string;
}

export const callRecord = createContextKey<CallRecord | undefined>(undefined, {
  description: "what became of the call",
});

export function createCallRecord(): CallRecord {
  return { reached: false, rejection: undefined, code: "canceled", reason: "" };
}

export function recordError(record: CallRecord, error: ConnectError): void {
  record.code = codeToString(error.code);
  record.reason = reasonOf(error) ?? "";
}

/** Outside every other interceptor: what it sees is what the caller gets. */
export const recordOutcome: Interceptor = (next) => async (request) => {
  const record = request.contextValues.get(callRecord);
  if (record === undefined) return next(request);
  record.reached = true;
  try {
    const response = await next(request);
    if (response.stream) return { ...response, message: recorded(response.message, record) };
    // An answer that comes after the deadline is not what the caller got.
    if (record.rejection === undefined) {
      record.code = "ok";
      record.reason = refusalReason(response.message as Outcome);
    }
    return response;
  } catch (error) {
    if (record.rejection === undefined) recordError(record, ConnectError.from(error));
    throw error;
  }
};

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
