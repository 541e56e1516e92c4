import { Code, type ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import type { Answer } from "../record/answer.ts";

/** UNAVAILABLE for Code.Unavailable: codes as the documentation spells them. */
const spelled = (code: Code): string => Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

/** An error reply as an answer: its code, and the reason of its google.rpc.ErrorInfo. */
export const errorAnswer = (error: ConnectError): Answer => ({
  kind: "error",
  code: spelled(error.code),
  reason: error.findDetails(ErrorInfoSchema)[0]?.reason ?? "",
});
