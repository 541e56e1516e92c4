import { InstantWin, prizeAt } from "../../../src/draws/instant-win.ts";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { days } from "../../audit/days.ts";
import { type Tables, textOf } from "../../audit/tables/tables.ts";

const statement = `
  SELECT entry.user_id, entry.user_hash, entry.number, entry.drawn_no, entry.prize_no, entry.time_ms
  FROM entry JOIN campaign ON campaign.no = entry.campaign_no WHERE campaign.id = ?`;

/** Recomputes every draw from the secret and the users' hashes, which only the tables have. */
export const judgeSecret = async ({ after }: Case, tables: Tables): Promise<Check[]> => {
  const { id, prizes, revealedSecret, timeZone } = after;
  const dayAt = days(timeZone);
  const win = new InstantWin(revealedSecret, id);
  const faults: string[] = [];
  /** By prize and day. */
  const drawn = new Map<string, number>();
  const given = new Map<string, number>();
  let count = 0;
  for await (const row of tables.each(statement, [id])) {
    const date = dayAt(Number(row.time_ms));
    const ticket = win.number(row.user_hash as Uint8Array, date, Number(row.number));
    const expected = prizeAt(prizes, ticket)?.id;
    const recorded = row.drawn_no === null ? undefined : prizes[Number(row.drawn_no)]?.id;
    const handed = prizes[Number(row.prize_no)]?.id;
    const what = `draw ${row.number} of ${textOf(row.user_id)} on ${date}`;
    count++;
    if (expected !== recorded)
      faults.push(
        `${what} is ${expected ?? "no prize"} by the secret, ${recorded ?? "no prize"} in the ledger`,
      );
    if (handed !== undefined && handed !== recorded)
      faults.push(`${what} gave ${handed}, not what was drawn`);
    add(drawn, expected, date);
    add(given, handed, date);
  }
  return [
    check("every draw is what the secret says", `${figure(count)} draws recomputed`, faults),
    givenWhileThere(after, drawn, given),
  ];
};

const add = (counts: Map<string, number>, prizeId: string | undefined, date: string): void => {
  if (prizeId !== undefined) counts.set(`${prizeId} ${date}`, (counts.get(`${prizeId} ${date}`) ?? 0) + 1);
};

/** Whoever drew a prize gets it, until its quota, or the day's, is used. */
const givenWhileThere = (
  { prizes }: Case["after"],
  drawn: Map<string, number>,
  given: Map<string, number>,
): Check => {
  const faults: string[] = [];
  const details: string[] = [];
  const most = Number.POSITIVE_INFINITY;
  for (const { id, quota = most, dailyQuota = most } of prizes) {
    const datesOf = [...drawn.keys()].filter((key) => key.startsWith(`${id} `));
    const entitled = datesOf.reduce((sum, key) => sum + Math.min(drawn.get(key)!, dailyQuota), 0);
    const got = datesOf.reduce((sum, key) => sum + (given.get(key) ?? 0), 0);
    const due = Math.min(entitled, quota);
    details.push(`${id} ${figure(got)} of ${figure(datesOf.reduce((sum, key) => sum + drawn.get(key)!, 0))}`);
    if (got !== due) faults.push(`${id}: ${figure(got)} given out; drawn and there were ${figure(due)}`);
  }
  return check("a prize that is drawn is given out until it has run out", details.join(", "), faults);
};
