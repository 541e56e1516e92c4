import { sql } from "kysely";
import type { CouponRow } from "../../ledger.ts";
import type { PlacedRun, Rows } from "../../rows.ts";
import type { Queries } from "../../sql/database.ts";
import type { BlockRow } from "./blocks.ts";
import { claimStray } from "./strays.ts";

/**
 * Moves on how much of each block is known to be spent: serials are spent in ascending order, so all up to the highest one seen. Entries
 * that were refused as conflicts count too: somebody may have been told of their serials. A block spent to its end is closed.
 */
export async function spend(tx: Queries, rows: Rows, taken: Set<number>): Promise<void> {
  const runs = rows.runs.filter(hasSerials);
  if (runs.length === 0) return;
  const campaignNos = [...new Set(runs.map(({ run }) => run.campaignNo))];
  const blocks = await blocksOfCampaigns(tx, rows.partitionNo, campaignNos);
  const byPrize = Map.groupBy(blocks, (block) => `${block.campaign_no} ${block.prize_no}`);
  const spent = new Map<BlockRow, number>();
  const strays: CouponRow[] = [];
  for (const { run, row } of runs) {
    const ofPrize = byPrize.get(`${run.campaignNo} ${run.prizeNo}`) ?? [];
    let next = 0;
    while (next < run.size) {
      const serial = run.serial + next;
      const block = ofPrize.find(({ first, size }) => serial >= first && serial < first + size);
      if (block) {
        next = Math.min(run.size, block.first + block.size - run.serial);
        const upTo = run.serial + next - block.first;
        spent.set(block, Math.max(spent.get(block) ?? block.spent, upTo));
      } else {
        if (!taken.has(row + next)) strays.push({ ...rows.entry(row + next), serial });
        next++;
      }
    }
  }
  await setSpent(
    tx,
    [...spent].filter(([block, upTo]) => upTo > block.spent),
  );
  for (const stray of strays.sort(inOrderOfPrizes)) await claimStray(tx, stray);
}

const hasSerials = (placed: PlacedRun): placed is PlacedRun & { run: { serial: number } } =>
  placed.run.serial !== undefined;

function blocksOfCampaigns(tx: Queries, partitionNo: number, campaignNos: number[]): Promise<BlockRow[]> {
  return tx
    .selectFrom("block")
    .selectAll()
    .where("partition_no", "=", partitionNo)
    .where("closed", "=", 0)
    .where("campaign_no", "in", campaignNos)
    .execute();
}

/** All in one statement, which as an INSERT names whole rows; they are there, and locked with their partition. */
async function setSpent(tx: Queries, spent: [BlockRow, number][]): Promise<void> {
  if (spent.length === 0) return;
  const rows = spent.map(([block, upTo]) => ({ ...block, spent: upTo, closed: upTo === block.size ? 1 : 0 }));
  await tx
    .insertInto("block")
    .values(rows)
    .onDuplicateKeyUpdate({ spent: sql`values(spent)`, closed: sql`values(closed)` })
    .execute();
}

const inOrderOfPrizes = (a: CouponRow, b: CouponRow) => a.campaignNo - b.campaignNo || a.prizeNo - b.prizeNo;
