import type { Ledger } from "../ledger/ledger.ts";
import type { Take } from "../store/store.ts";
import type { KnownCampaign, KnownCampaigns } from "./known-campaigns.ts";

/** An entry as the ledger has it; `serial` is undefined where nothing was taken from stock. */
interface Before {
  kind: "entry";
  serial: number | undefined;
  code: string;
  number: number;
  issueMs: number;
}

/** What a take was given before its campaign ended and left the store; undefined: nothing. */
export async function entryOfEnded(
  { ledger, campaigns }: { ledger: Pick<Ledger, "couponOf">; campaigns: Pick<KnownCampaigns, "texts"> },
  { campaign, plan }: KnownCampaign,
  { request, who }: Take,
): Promise<Before | { kind: "reused" } | undefined> {
  const { userHash } = who;
  const byUser = plan.rules.some((rule) => rule.remembers && rule.limit === 1 && !rule.daily);
  const row =
    (request && (await ledger.couponOf(campaign.no, { requestHash: request.key, userHash }))) ??
    (byUser ? await ledger.couponOf(campaign.no, { userHash }) : undefined);
  if (!row) return undefined;
  const sameRequest = request && row.requestHash?.equals(request.key);
  if (sameRequest && !row.requestFields?.equals(request.fields)) return { kind: "reused" };
  const { serial, number, timeMs: issueMs } = row;
  const [code = ""] = serial === undefined ? [] : await campaigns.texts(plan, [serial]);
  return { kind: "entry", serial, code, number, issueMs };
}
