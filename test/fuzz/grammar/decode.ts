import { type DescMethod, fromBinary, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Input } from "../input.ts";
import type { Answer } from "../send/answer.ts";

/** An answer's message in JSON; undefined where it is none, or not by itself. */
export function decodeAnswer(
  input: Input,
  { message, text }: Answer,
  methods: ReadonlyMap<string, DescMethod>,
): JsonValue | undefined {
  if (input.kind !== "call" || message === undefined) return undefined;
  const method = methods.get(input.path.split("?", 1)[0]!);
  if (method === undefined || method.methodKind !== "unary" || input.protocol === "grpc-web")
    return undefined;
  try {
    if (/json/i.test(/content-type"?: ?"?([^\r\n"]+)/i.exec(text)?.[1] ?? ""))
      return JSON.parse(message.toString());
    return toJson(method.output, fromBinary(method.output, message));
  } catch {
    return undefined;
  }
}
