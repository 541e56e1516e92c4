import type { Interceptor } from "@connectrpc/connect";
import type { Access } from "../auth/access.ts";
import { type Caller, caller } from "../auth/caller.ts";
import { isOpen } from "../auth/roles.ts";
import { fault } from "./errors.ts";
import { outageAsFault } from "./outage.ts";

/** Lets a call pass if its caller may make it, and tells the handler who it is. Throws Faults. */
export function authInterceptor(access: Access): Interceptor {
  return (next) => async (request) => {
    const { service, method, header, contextValues } = request;
    if (!isOpen(service.typeName)) {
      const authorization = header.get("authorization");
      contextValues.set(caller, await authorize(access, service.typeName, method.name, authorization));
    }
    return next(request);
  };
}

async function authorize(
  access: Access,
  service: string,
  method: string,
  authorization: string | null,
): Promise<Caller> {
  const verdict = await access.judge(service, method, authorization).catch((thrown) => {
    throw outageAsFault(thrown);
  });
  switch (verdict.kind) {
    case "allowed":
      return verdict.caller;
    case "unauthenticated":
      throw fault("UNAUTHENTICATED", verdict.problem);
    case "not-allowed":
      throw fault("NOT_ALLOWED", verdict.problem);
  }
}
