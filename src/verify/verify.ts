import type { Check } from "./check.ts";
import { isCommittedTo } from "./commitment.ts";
import { EntryOrder } from "./entry-order.ts";
import { Findings } from "./findings.ts";
import { InstantWins } from "./instant-wins.ts";
import { Raffle } from "./raffle.ts";
import type { Records } from "./records.ts";
import { Rounds } from "./rounds.ts";
import { Stock } from "./stock.ts";
import { UserNumbers } from "./user-numbers.ts";

export interface Report {
  /** What is right, a line each. */
  checked: string[];
  /** What could not be looked at, and why. */
  unchecked: string[];
  /** The first ones of what is wrong; none: all that was checked is right. */
  findings: string[];
  /** How much is wrong. */
  wrong: number;
}

/** Recomputes everything that was drawn in a campaign, in one pass over its entries. Nothing here reads a clock, a file or a database. */
export async function verify(records: Records): Promise<Report> {
  const { campaign } = records;
  const findings = new Findings();
  const checked: string[] = [];
  const unchecked: string[] = [];
  if (!campaign.secret) {
    unchecked.push("the commitment: the secret is not revealed yet");
  } else if (isCommittedTo(campaign.commitment, campaign.secret)) {
    checked.push(
      `the secret is the one whose SHA-256, ${campaign.commitment.toString("hex")}, was shown before`,
    );
  } else {
    findings.add(
      "the secret",
      `its SHA-256 is not ${campaign.commitment.toString("hex")}, which was committed to`,
    );
  }
  const checks = checksOf(records, findings);
  for await (const entries of records.entries()) {
    for (const entry of entries) for (const check of checks) check.entry(entry);
  }
  for (const check of checks) {
    const done = check.end();
    checked.push(...done.checked);
    unchecked.push(...done.unchecked);
  }
  return { checked, unchecked, findings: findings.kept, wrong: findings.count };
}

function checksOf({ campaign, raffle, rounds, userHash }: Records, findings: Findings): Check[] {
  const order = new EntryOrder(findings, campaign, userHash);
  switch (campaign.mechanic.kind) {
    case "instant-win":
      return [
        order,
        new UserNumbers(findings),
        new InstantWins(findings, campaign),
        new Stock(findings, campaign),
      ];
    case "raffle":
      return [order, new Raffle(findings, campaign, raffle, campaign.mechanic.tickets)];
    case "lottery":
      return [order, new UserNumbers(findings), new Rounds(findings, campaign, rounds)];
    default:
      throw new Error(`nothing is drawn in a ${campaign.mechanic.kind} campaign`);
  }
}
