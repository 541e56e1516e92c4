import { noPrize, ticketsNo } from "../../../src/campaign/campaign.ts";
import type { CampaignStats } from "../../../src/gen/allot/v1/campaign_pb.js";
import type { Books } from "./ledger.ts";

/** The ledger's tables agree with each other, and with the stats. */
export function* checkBooks({ prizes, entries }: Books, stats: CampaignStats): Generator<string> {
  const serials = entries.map(({ serial }) => serial).filter((serial) => serial !== null);
  if (new Set(serials).size !== serials.length) yield "SQL: a serial has more than one row";
  for (const one of prizes) {
    const { no, quota, reserved, free, granted, held, counted, doubted, lent } = one;
    const name = no === ticketsNo ? "tickets" : `prize ${no}`;
    if (granted !== held + doubted + lent)
      yield `SQL: ${name}: ${granted} granted, but ${held} rows + ${doubted} in doubt + ${lent} lent`;
    if (reserved !== granted + free)
      yield `SQL: ${name}: ${reserved} reserved, but ${granted} granted + ${free} free`;
    if (held !== counted) yield `SQL: ${name}: ${held} rows, counted as ${counted}`;
    if (quota !== null && held + doubted > quota)
      yield `SQL: ${name}: ${held} rows + ${doubted} in doubt of ${quota}`;
  }
  const lost = entries.filter(({ prizeNo }) => prizeNo === noPrize).length;
  if (entries.length !== stats.issued + stats.withoutPrize || lost !== stats.withoutPrize)
    yield `SQL: ${entries.length} rows, ${lost} without a prize; by the stats ${stats.issued} and ${stats.withoutPrize}`;
}
