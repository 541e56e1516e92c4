import type { Access, Verdict } from "../auth/access.ts";
import { type Caller, caller } from "../auth/caller.ts";
import { isOpen } from "../auth/roles.ts";
import { fault } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { outageAsFault } from "./outage.ts";

/** Lets a call pass if its caller may make it, and tells the handler who it is. Throws Faults. */
export function authGate(access: Access): Gate {
  return (call) => {
    const { method, values } = call;
    const service = method.parent.typeName;
    if (isOpen(service)) return;
    const verdict = access.judge(service, method.name, call.header("authorization"));
    if (!(verdict instanceof Promise)) {
      values.set(caller, allowed(verdict));
      return;
    }
    return verdict.then(
      (later) => void values.set(caller, allowed(later)),
      (thrown) => {
        throw outageAsFault(thrown);
      },
    );
  };
}

function allowed(verdict: Verdict): Caller {
  switch (verdict.kind) {
    case "allowed":
      return verdict.caller;
    case "unauthenticated":
      throw fault("UNAUTHENTICATED", verdict.problem);
    case "not-allowed":
      throw fault("NOT_ALLOWED", verdict.problem);
  }
}
