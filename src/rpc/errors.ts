import { randomBytes } from "node:crypto";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
} from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";

/**
 * Why a call failed, closed: misuse by the caller, or an outage. What the rules refuse is not here: that is an outcome.
 * Each reason has one code, and a retry hint where asking again can help.
 */
const meanings = {
  INVALID_ARGUMENT: { code: Code.InvalidArgument },
  CAMPAIGN_NOT_FOUND: { code: Code.NotFound },
  COUPON_NOT_FOUND: { code: Code.NotFound },
  TICKET_NOT_FOUND: { code: Code.NotFound },
  ROUND_NOT_FOUND: { code: Code.NotFound },
  PARTICIPANT_NOT_FOUND: { code: Code.NotFound },
  SERVICE_NOT_FOUND: { code: Code.NotFound },
  WRONG_MECHANIC: { code: Code.FailedPrecondition },
  ROUND_OPEN: { code: Code.FailedPrecondition },
  NOT_DELETABLE: { code: Code.FailedPrecondition },
  RATE_LIMITED: { code: Code.ResourceExhausted, retryMs: 1_000 },
  MESSAGE_TOO_LARGE: { code: Code.ResourceExhausted },
  REQUEST_ID_REUSED: { code: Code.AlreadyExists },
  CAMPAIGN_EXISTS: { code: Code.AlreadyExists },
  PHONE_TAKEN: { code: Code.AlreadyExists },
  REVISION_MISMATCH: { code: Code.Aborted },
  NOT_ALLOWED: { code: Code.PermissionDenied },
  UNAUTHENTICATED: { code: Code.Unauthenticated },
  OVERLOADED: { code: Code.Unavailable, retryMs: 250 },
  STORE_UNAVAILABLE: { code: Code.Unavailable, retryMs: 1_000 },
  LEDGER_UNAVAILABLE: { code: Code.Unavailable, retryMs: 1_000 },
  LEDGER_BEHIND: { code: Code.Unavailable, retryMs: 1_000 },
  TOKEN_KEYS_UNAVAILABLE: { code: Code.Unavailable, retryMs: 1_000 },
  STOPPING: { code: Code.Unavailable, retryMs: 250 },
  DEADLINE_EXCEEDED: { code: Code.DeadlineExceeded },
  INTERNAL: { code: Code.Internal },
} as const satisfies Record<string, { code: Code; retryMs?: number }>;

export type FaultReason = keyof typeof meanings;

/** A field by its path in the request, as in `campaign.prizes[0].daily_quota`, and what is wrong with its value. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** Thrown where a call can't be answered. Its message is for the caller: what is wrong and what to do about it. */
export class Fault extends Error {
  readonly reason: FaultReason;
  readonly fields: readonly FieldProblem[];
  readonly retryMs: number | undefined;

  constructor(
    reason: FaultReason,
    message: string,
    more: { fields?: readonly FieldProblem[]; retryMs?: number } = {},
  ) {
    super(message);
    this.name = "Fault";
    this.reason = reason;
    this.fields = more.fields ?? [];
    const usual: { code: Code; retryMs?: number } = meanings[reason];
    this.retryMs = more.retryMs ?? usual.retryMs;
  }
}

/** `retryMs` overrides the reason's usual hint. */
export function fault(reason: FaultReason, message: string, retryMs?: number): Fault {
  return new Fault(reason, message, { retryMs });
}

/** No answer in time. What was begun goes on. */
export function lateFault(timeoutMs: number): Fault {
  return fault(
    "DEADLINE_EXCEEDED",
    `no answer within ${timeoutMs} ms and the outcome is unknown: ask again with the same request_id`,
  );
}

/** Bad fields, all that are known at once. */
export function invalid(fields: readonly FieldProblem[]): Fault {
  const message = fields.map(({ field, problem }) => `${field}: ${problem}`).join("; ");
  return new Fault("INVALID_ARGUMENT", message, { fields });
}

/** A fault as it goes over the wire, with google.rpc details: ErrorInfo always, BadRequest and RetryInfo where they apply. */
export function faultToConnectError(fault: Fault, metadata: Record<string, string> = {}): ConnectError {
  const error = new ConnectError(fault.message, meanings[fault.reason].code);
  error.details.push({ desc: ErrorInfoSchema, value: { reason: fault.reason, domain: "allot", metadata } });
  if (fault.fields.length > 0) {
    const fieldViolations = fault.fields.map(({ field, problem }) => ({ field, description: problem }));
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations } });
  }
  if (fault.retryMs !== undefined) {
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(fault.retryMs) } });
  }
  return error;
}

/** The reason in an error's ErrorInfo; undefined for an error of connect's own. */
export function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}

/** What of a logger is needed to leave a trace of an unexpected error. */
export interface ErrorLog {
  error(fields: object, message: string): void;
}

/**
 * Any thrown value as an error for the caller. Faults and ConnectErrors speak for themselves; anything else is logged under an
 * id, and the caller gets the id alone: a JavaScript error's text can hold addresses, queries and user data.
 */
export function toConnectError(thrown: unknown, log: ErrorLog, method: string): ConnectError {
  if (thrown instanceof Fault) return faultToConnectError(thrown);
  if (thrown instanceof ConnectError) return thrown;
  const errorId = randomBytes(6).toString("hex");
  log.error({ err: thrown, errorId, method }, "unexpected error while answering a call");
  const unexpected = fault("INTERNAL", `internal error; it is in the server's log under ${errorId}`);
  return faultToConnectError(unexpected, { error_id: errorId });
}

/** The same for what ended a call that connect carries. */
export function errorOfCall(
  thrown: unknown,
  { signal, method }: CallThatFailed,
  log: ErrorLog,
): ConnectError {
  // The end of a call, by its client or by a stopping server, is nobody's mistake.
  if (signal.aborted && thrown === signal.reason) return ConnectError.from(thrown, Code.Canceled);
  return toConnectError(thrown, log, `${method.parent.typeName}/${method.name}`);
}

type CallThatFailed = Pick<UnaryRequest | StreamRequest, "signal" | "method">;

/** Must be the outermost interceptor, so that what the others throw is turned into errors for the caller too. */
export function faultInterceptor(log: ErrorLog): Interceptor {
  return (next) => async (request) => {
    const translate = (thrown: unknown) => errorOfCall(thrown, request, log);
    try {
      if (!request.stream) return await next(request);
      const response = await next({
        ...request,
        message: wellFormed(request.message, request.method.input.typeName),
      });
      return response.stream ? { ...response, message: translated(response.message, translate) } : response;
    } catch (thrown) {
      throw translate(thrown);
    }
  };
}

type Messages = StreamResponse["message"];

async function* translated(messages: Messages, translate: (thrown: unknown) => ConnectError): Messages {
  try {
    yield* messages;
  } catch (thrown) {
    throw translate(thrown);
  }
}

/**
 * connect reports a message of a stream that is not protobuf as a mistake of the server's, and throws what Node does where the client left
 * in the middle of it.
 */
async function* wellFormed(messages: Messages, typeName: string): Messages {
  try {
    yield* messages;
  } catch (thrown) {
    if (!(thrown instanceof ConnectError)) throw new ConnectError("the request was cut short", Code.Canceled);
    throw thrown.code === Code.Internal
      ? fault("INVALID_ARGUMENT", `a message does not decode as ${typeName} in protobuf's binary format`)
      : thrown;
  }
}
