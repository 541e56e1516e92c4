import { must } from "../line.ts";
import type { Line } from "../result.ts";
import { countRows } from "./count-rows.ts";
import { sumOf } from "./metrics.ts";
import type { Stand } from "./stand.ts";

export interface Claimed {
  campaignId: string;
  /** That was called, as in /package.Service/Method. */
  path: string;
  /** What the generators were told about. */
  acknowledged: number;
  /** Requests that a generator may have left unanswered when it stopped: these may have been given out too. */
  cutOff: number;
  /** Every request was of another user. */
  oneEach: boolean;
  /** They were asked for by IssueCoupons, whose calls the server counts, and not their coupons. */
  inBatches: boolean;
}

const number = (value: number) => value.toLocaleString("en");

/** After load: what was acknowledged = rows in the ledger = what the store counts, no serial twice, nobody with two where that is the limit. */
export async function audit(stand: Stand, claims: Claimed[]): Promise<Line> {
  const stats = new Map<string, number>();
  for (const { campaignId } of claims) {
    await stand.drained(campaignId);
    const { campaign } = await stand.clients.campaigns.getCampaign({ campaignId });
    const { issued, withoutPrize } = campaign!.stats!;
    stats.set(campaignId, issued + withoutPrize);
  }
  let answered = 0;
  for (const path of new Set(claims.map((claim) => claim.path))) {
    const ok = { method: path.slice(1), code: "ok", reason: "" };
    answered += await sumOf(stand.url, "allot_requests_total", ok);
  }
  const problems: string[] = [];
  let [rows, acknowledged, alone, cutOff] = [0, 0, 0, 0];
  for (const claim of claims) {
    const found = await countRows(stand, claim.campaignId);
    rows += found.rows;
    acknowledged += claim.acknowledged;
    if (!claim.inBatches) alone += claim.acknowledged;
    cutOff += claim.cutOff;
    if (found.serials !== found.withSerial) problems.push("a serial was given out twice");
    if (claim.oneEach && found.users !== found.rows) problems.push("a user has two of them");
    if (found.rows !== stats.get(claim.campaignId)) problems.push("store and ledger count differently");
  }
  if (rows < acknowledged || rows < answered || answered < alone)
    problems.push("something that was answered is missing");
  if (rows > acknowledged + cutOff) problems.push("something was given out that nobody was told about");
  const counted = `${number(acknowledged)} acknowledged, ${number(rows)} in ledger and store (at most ${number(cutOff)} cut off)`;
  return must(
    `audit of all from ${claims.map(({ campaignId }) => campaignId).join(", ")}`,
    problems.length === 0 ? `PASS: ${counted}` : `FAIL: ${counted}; ${[...new Set(problems)].join("; ")}`,
    "PASS",
    problems.length === 0,
  );
}
