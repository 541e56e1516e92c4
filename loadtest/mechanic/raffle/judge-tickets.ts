import { ticketsNo } from "../../../src/campaign/campaign.ts";
import { ticketOrder } from "../../../src/draws/ticket-order.ts";
import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { type Tables, textOf } from "../../audit/tables/tables.ts";
import { sizeOf } from "./judge-raffle.ts";
import type { RaffleOutcome } from "./outcome.ts";

const statement = `
  SELECT entry.user_id, entry.serial - prize_range.first AS place
  FROM campaign JOIN entry ON entry.campaign_no = campaign.no
  JOIN prize_range ON prize_range.campaign_no = campaign.no AND prize_range.prize_no = ${ticketsNo}
  WHERE campaign.id = ?`;

/** Reads every ticket from the tables, where it is a serial: its number follows from the secret, once that is shown. */
export const judgeTickets = async (
  { after, naming }: Case,
  { tickets }: RaffleOutcome,
  tables: Tables,
): Promise<Check[]> => {
  const name = "every acknowledged ticket is in the ledger, the same";
  if (after.revealedSecret.length === 0)
    return [check(name, "the secret is not shown", ["it can't be judged"])];
  const places: number[] = [];
  const users: string[] = [];
  for await (const row of tables.each(statement, [after.id])) {
    places.push(Number(row.place));
    users.push(textOf(row.user_id));
  }
  const numbers = ticketOrder(after.revealedSecret, sizeOf(after)).numbers(places);
  const holders = new Map(numbers.map((number, i) => [number, users[i]!]));
  const faults: string[] = [];
  if (holders.size !== places.length)
    faults.push(`${figure(places.length)} rows hold ${figure(holders.size)} numbers`);
  for (const { number, user } of tickets)
    if (holders.get(number) !== naming.userId(user))
      faults.push(
        `${number} of ${naming.userId(user)} is ${holders.get(number) ?? "nobody"}'s in the ledger`,
      );
  return [check(name, `${figure(tickets.length)} acknowledged, ${figure(places.length)} rows`, faults)];
};
