import type { BlockList } from "node:net";
import { isManagers, isOpen } from "../auth/roles.ts";
import { contains, exactAddress } from "../server/caller.ts";
import { fault } from "./errors.ts";
import type { Gate } from "./gate.ts";

/** Lets what only managers may call pass from the given networks alone, whatever the credentials. Throws NOT_ALLOWED. */
export function managerNetworkGate(networks: BlockList): Gate {
  return ({ method, values }) => {
    const service = method.parent.typeName;
    if (isOpen(service) || !isManagers(service, method.name)) return;
    if (contains(networks, values.get(exactAddress))) return;
    throw fault(
      "NOT_ALLOWED",
      `${method.name} may be called from the managers' networks only (ALLOT_MANAGER_NETWORKS).`,
    );
  };
}
