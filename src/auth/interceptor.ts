import type { Interceptor } from "@connectrpc/connect";
import { outageAsFault } from "../rpc/outage.ts";
import type { Access } from "./access.ts";
import { caller } from "./caller.ts";
import { isOpen } from "./roles.ts";

/** Lets a call pass if its caller may make it, and tells the handler who it is. Throws Faults. */
export function authInterceptor(access: Access): Interceptor {
  return (next) => async (request) => {
    const { service, method, header, contextValues } = request;
    if (!isOpen(service.typeName)) {
      const authorization = header.get("authorization");
      try {
        contextValues.set(caller, await access.callerOf(service.typeName, method.name, authorization));
      } catch (thrown) {
        throw outageAsFault(thrown);
      }
    }
    return next(request);
  };
}
