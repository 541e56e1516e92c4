import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor } from "@connectrpc/connect";

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

/** Gates for calls that connect carries. */
export function gateInterceptor(gates: readonly Gate[]): Interceptor {
  return (next) => async (request) => {
    const { method, contextValues, header } = request;
    const call: GatedCall = { method, values: contextValues, header: (name) => header.get(name) };
    for (const gate of gates) await gate(call);
    return next(request);
  };
}
