import type { Ledger } from "../ledger/ledger.ts";
import type { Take } from "../store/store.ts";
import type { CodeBook } from "./code-book.ts";
import type { KnownCampaign } from "./known-campaigns.ts";

/** The coupon that a take was given before its campaign ended and left the store; undefined: none. */
export async function couponOfEnded(
  { ledger, codes }: { ledger: Pick<Ledger, "couponOf">; codes: CodeBook },
  { campaign, plan }: KnownCampaign,
  { request, who }: Take,
): Promise<
  { kind: "coupon"; serial: number; code: string; issueMs: number } | { kind: "reused" } | undefined
> {
  const { userHash } = who;
  const byUser = plan.rules.some((rule) => rule.remembers && rule.limit === 1);
  const row =
    (request && (await ledger.couponOf(campaign.no, { requestHash: request.key, userHash }))) ??
    (byUser ? await ledger.couponOf(campaign.no, { userHash }) : undefined);
  if (!row) return undefined;
  const sameRequest = request && row.requestHash?.equals(request.key);
  if (sameRequest && !row.requestFields?.equals(request.fields)) return { kind: "reused" };
  const [code] = codes.encode(row.spaceNo, [row.serial!]);
  return { kind: "coupon", serial: row.serial!, code: code!, issueMs: row.timeMs };
}
