import type { BlockList } from "node:net";
import { caller } from "../auth/caller.ts";
import { isManagers, isOpen } from "../auth/roles.ts";
import { contains, exactAddress } from "../server/caller.ts";
import { type Audit, isAudited } from "./audit.ts";
import { fault } from "./errors.ts";
import type { Gate } from "./gate.ts";

/**
 * Lets what only managers may call pass from the given networks alone, whatever the credentials: comes behind the gate that knows them. A
 * refusal leaves a row in the audit log, because somebody has a manager's key who is where managers are not. Throws NOT_ALLOWED.
 */
export function managerNetworkGate(networks: BlockList, audit: Pick<Audit, "refused">): Gate {
  return ({ method, values }) => {
    const service = method.parent.typeName;
    if (isOpen(service) || !isManagers(service, method.name)) return;
    if (contains(networks, values.get(exactAddress))) return;
    const refusal = fault(
      "NOT_ALLOWED",
      `${method.name} may be called from the managers' networks only (ALLOT_MANAGER_NETWORKS).`,
    );
    const by = values.get(caller);
    const isKnown = by?.keyId !== undefined || by?.subject !== undefined;
    // Of an open server everybody is a manager, and could fill the log.
    if (!isAudited(method) || !isKnown) throw refusal;
    return audit.refused(method, { values }, refusal.reason).then(() => {
      throw refusal;
    });
  };
}
