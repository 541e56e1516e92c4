import type { ServiceImpl } from "@connectrpc/connect";
import type { CodePoolService } from "../gen/allot/v1/code_pool_pb.js";
import { assignCode } from "./code-assignment.ts";
import { deleteCode } from "./code-deletion.ts";
import { generateCodes } from "./code-generation.ts";
import { importCodes } from "./code-import.ts";
import { listCodes } from "./code-list.ts";
import type { CodePoolServiceDeps } from "./code-pool-access.ts";
import { answering, outageAsFault } from "./outage.ts";
import { taking } from "./taking.ts";

type Methods = ServiceImpl<typeof CodePoolService>;

/** CodePoolService as allot/v1/code_pool.proto has it. */
export function createCodePoolService(deps: CodePoolServiceDeps): Methods {
  return {
    async *generateCodes(request) {
      try {
        yield* generateCodes(deps, request);
      } catch (thrown) {
        throw outageAsFault(thrown);
      }
    },
    importCodes: answering((request) => importCodes(deps, request)),
    // A Later is awaited like a promise, which is all that connect does with it.
    assignCode: taking(deps, assignCode) as unknown as Methods["assignCode"],
    deleteCode: answering((request) => deleteCode(deps, request)),
    listCodes: answering((request) => listCodes(deps, request)),
  };
}
