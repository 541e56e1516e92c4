import type { SerialRange } from "../../../campaign/campaign.ts";
import { takeOutMarked } from "../../sql/code-pools/delete-code.ts";
import type { Queries } from "../../sql/database.ts";
import { addFree, type PrizeKey } from "../../sql/free-ranges.ts";
import { addGranted } from "../../sql/prizes.ts";
import { nowMs } from "./partitions.ts";

/** Serials that were lent for a day ("": for any) can be lent again. Adding to what is granted comes first: it locks the prize. */
export async function freeSerials(
  tx: Queries,
  prize: PrizeKey,
  day: string,
  serials: SerialRange,
): Promise<void> {
  await addGranted(tx, prize, day, -serials.size);
  await addFree(tx, prize, serials);
  await takeOutMarked(tx, prize, serials, nowMs);
}
