import { createClient } from "@connectrpc/connect";
import { CodePoolService, PoolCode_State as State } from "../../gen/allot/v1/code_pool_pb.js";
import { persist } from "../remote.ts";
import { type ExportKind, pagesOf, timeCell } from "./kind.ts";

/** The codes of a pool, in the order in which they were made. */
export const codes: ExportKind = {
  columns: ["code", "state", "user_id", "create_time", "assign_time", "redeem_time", "delete_time"],
  async *pages(transport, campaignId) {
    const client = createClient(CodePoolService, transport);
    for await (const page of pagesOf((part) => persist(() => client.listCodes({ campaignId, ...part })))) {
      yield page.codes.map(({ code, state, userId, createTime, assignTime, redeemTime, deleteTime }) => [
        code,
        State[state],
        userId,
        ...[createTime, assignTime, redeemTime, deleteTime].map(timeCell),
      ]);
    }
  },
};
