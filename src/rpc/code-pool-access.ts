import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Campaign, stateAt } from "../campaign/campaign.ts";
import type { CampaignEffects } from "../campaign/effects.ts";
import {
  type PoolCode as PoolCodeMessage,
  PoolCodeSchema,
  PoolCode_State as State,
} from "../gen/allot/v1/code_pool_pb.js";
import type { CodeBook } from "../issuing/code-book.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { PoolCode } from "../ledger/code-pools.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type Fault, fault } from "./errors.ts";
import type { IssuingDeps } from "./taking.ts";

export interface CodePoolServiceDeps extends IssuingDeps {
  ledger: Ledger;
  codes: CodeBook;
  effects: Pick<CampaignEffects, "applied" | "recalled">;
  secrets: Pick<Secrets, "pageKey" | "userHashKey">;
  /** Moves what was handed out until now into the ledger. */
  flush(): Promise<void>;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

export type PoolCampaign = Campaign & { mechanic: { kind: "code-pool" } };

/** Throws CAMPAIGN_NOT_FOUND and WRONG_MECHANIC. */
export async function existingPool({ ledger }: CodePoolServiceDeps, id: string): Promise<PoolCampaign> {
  const campaign = await ledger.campaign(id);
  if (!campaign) throw campaignNotFound(id);
  if (!isPool(campaign)) throw fault("WRONG_MECHANIC", `Campaign "${id}" is no code pool.`);
  return campaign;
}

const isPool = (campaign: Campaign): campaign is PoolCampaign => campaign.mechanic.kind === "code-pool";

/** What keeps codes from being added to a pool. */
export function endedProblem(campaign: Campaign, nowMs: number): string | undefined {
  return stateAt(campaign, nowMs) === "ended" ? "The campaign has ended: it gets no more codes." : undefined;
}

export function codeNotFound(): Fault {
  return fault("COUPON_NOT_FOUND", "There is no such code.");
}

const states: Record<PoolCode["state"], State> = {
  free: State.FREE,
  assigned: State.ASSIGNED,
  redeemed: State.REDEEMED,
  deleted: State.DELETED,
  "in-doubt": State.UNSPECIFIED,
};

/** Codes as callers see them, in their order. */
export async function codeMessages(
  { codes }: CodePoolServiceDeps,
  { id, space }: Campaign,
  rows: PoolCode[],
): Promise<PoolCodeMessage[]> {
  if (rows.length === 0) return [];
  codes.add(space);
  const texts = await codes.encode(
    space.no,
    rows.map(({ serial }) => serial),
  );
  return rows.map(({ state, userId, createMs, assignMs, redeemMs, deleteMs }, at) =>
    create(PoolCodeSchema, {
      code: texts[at]!,
      campaignId: id,
      state: states[state],
      userId,
      createTime: timestampFromMs(createMs),
      ...(assignMs !== undefined && { assignTime: timestampFromMs(assignMs) }),
      ...(redeemMs !== undefined && { redeemTime: timestampFromMs(redeemMs) }),
      ...(deleteMs !== undefined && { deleteTime: timestampFromMs(deleteMs) }),
    }),
  );
}
