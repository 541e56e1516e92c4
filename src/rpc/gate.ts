import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";

/** A call whose message has been read, before its handler sees it. */
export interface GatedCall {
  readonly method: DescMethod;
  /** What the handler will find in its context. */
  readonly values: ContextValues;
  /** A request header by its lower-case name. */
  header(name: string): string | null;
}

/**
 * Lets a call pass, or throws a Fault; at once where it can, because every call comes by here. Works the same in both lanes. `message` is what was
 * read; undefined where the caller sends a stream.
 */
export type Gate = (call: GatedCall, message?: unknown) => void | Promise<void>;

/** Takes a call that connect carries through all gates; at once where they all tell at once. */
export function passGates(
  gates: readonly Gate[],
  { stream, method, contextValues, header, message }: Gated,
): void | Promise<void> {
  const call: GatedCall = { method, values: contextValues, header: (name) => header.get(name) };
  return passFrom(gates, call, stream ? undefined : message, 0);
}

type Gated = Pick<UnaryRequest | StreamRequest, "stream" | "method" | "contextValues" | "header" | "message">;

export function passFrom(
  gates: readonly Gate[],
  call: GatedCall,
  message: unknown,
  from: number,
): void | Promise<void> {
  for (let at = from; at < gates.length; at++) {
    const waiting = gates[at]!(call, message);
    if (waiting !== undefined) return waiting.then(() => passFrom(gates, call, message, at + 1));
  }
}

/** Gates for calls that connect carries. */
export function gateInterceptor(gates: readonly Gate[]): Interceptor {
  return (next) => async (request) => {
    await passGates(gates, request);
    return next(request);
  };
}
