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

/** Lets a call pass, or throws a Fault; at once where it can, because every call comes by here. Works the same in both lanes. */
export type Gate = (call: GatedCall) => void | Promise<void>;

/** Takes a call that connect carries through all gates; at once where they all tell at once. */
export function passGates(
  gates: readonly Gate[],
  { method, contextValues, header }: Gated,
): void | Promise<void> {
  const call: GatedCall = { method, values: contextValues, header: (name) => header.get(name) };
  return passFrom(gates, call, 0);
}

type Gated = Pick<UnaryRequest | StreamRequest, "method" | "contextValues" | "header">;

export function passFrom(gates: readonly Gate[], call: GatedCall, from: number): void | Promise<void> {
  for (let at = from; at < gates.length; at++) {
    const waiting = gates[at]!(call);
    if (waiting !== undefined) return waiting.then(() => passFrom(gates, call, at + 1));
  }
}

/** Gates for calls that connect carries. */
export function gateInterceptor(gates: readonly Gate[]): Interceptor {
  return (next) => async (request) => {
    await passGates(gates, request);
    return next(request);
  };
}
