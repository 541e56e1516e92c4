import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { type Fault, fault, faultToConnectError, invalid } from "../rpc/errors.ts";
import type { Response } from "./exchange.ts";

const unary = "application/json, application/proto, application/grpc, application/grpc-web";
const streaming =
  "application/connect+json, application/connect+proto, application/grpc, application/grpc-web";

/**
 * Connect's bare HTTP statuses, for requests in no protocol it knows, with an error in the body and the headers that HTTP asks for. Undefined
 * for any other response.
 */
export function explainStatus(
  handler: UniversalHandler,
  given: UniversalServerResponse,
): { response: UniversalServerResponse; error: ConnectError } | undefined {
  const header = new Headers(given.header);
  const problem = problemOf(handler, given.status, header);
  if (problem === undefined) return undefined;
  const error = faultToConnectError(problem);
  header.set("content-type", "application/json");
  return { response: { ...given, header, body: once(errorToJsonBytes(error, undefined)) }, error };
}

function problemOf(
  { method, allowedMethods }: UniversalHandler,
  status: number,
  header: Headers,
): Fault | undefined {
  switch (status) {
    case 405: {
      const verbs = [...new Set(allowedMethods)].join(", ");
      header.set("allow", verbs);
      return fault("INVALID_ARGUMENT", `this method answers to ${verbs}`);
    }
    case 415: {
      const types = method.methodKind === "unary" ? unary : streaming;
      header.set("accept-post", types);
      return invalid([
        { field: "content-type", problem: `must be one of ${types} (for GET: encoding=json or proto)` },
      ]);
    }
    case 505:
      return fault("INVALID_ARGUMENT", "this method streams both ways and needs HTTP/2");
    default:
      return undefined;
  }
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** For a path that is no method's; every protocol reads 404 as UNIMPLEMENTED. */
export function sendNotFound(response: Response): void {
  const error = new ConnectError(
    "there is no such method here; GET / shows what there is",
    Code.Unimplemented,
  );
  response.writeHead(404, { "content-type": "application/json" });
  response.end(Buffer.from(errorToJsonBytes(error, undefined)));
}
