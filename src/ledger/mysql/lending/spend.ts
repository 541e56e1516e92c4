import type { Entry } from "../../ledger.ts";
import type { EntryRun } from "../../lending.ts";
import type { Rows } from "../../rows.ts";
import type { Queries } from "../../sql/database.ts";
import { type BlockRow, setBlock } from "./blocks.ts";
import { claimStray } from "./strays.ts";

/**
 * Moves on how much of each block is known to be spent: serials are spent in ascending order, so all up to the highest one seen. Entries
 * that were refused as conflicts count too: somebody may have been told of their serials. A block spent to its end is closed.
 */
export async function spend(tx: Queries, rows: Rows, taken: Set<number>): Promise<void> {
  if (rows.size === 0) return;
  const campaignNos = [...new Set(rows.runs.map(({ run }) => run.campaignNo))];
  const blocks = await blocksOfCampaigns(tx, rows.partitionNo, campaignNos);
  const spent = new Map<BlockRow, number>();
  const strays: Entry[] = [];
  for (const { run, row } of rows.runs) {
    let next = 0;
    while (next < run.size) {
      const serial = run.serial + next;
      const block = blocks.find((one) => holds(one, run, serial));
      if (block) {
        next = Math.min(run.size, block.first + block.size - run.serial);
        const upTo = run.serial + next - block.first;
        spent.set(block, Math.max(spent.get(block) ?? block.spent, upTo));
      } else {
        if (!taken.has(row + next)) strays.push(rows.entry(row + next));
        next++;
      }
    }
  }
  for (const [block, upTo] of spent) {
    if (upTo > block.spent) await setBlock(tx, block, { spent: upTo, closed: upTo === block.size ? 1 : 0 });
  }
  for (const stray of strays.sort(byPrize)) await claimStray(tx, stray);
}

function blocksOfCampaigns(tx: Queries, partitionNo: number, campaignNos: number[]): Promise<BlockRow[]> {
  return tx
    .selectFrom("block")
    .selectAll()
    .where("partition_no", "=", partitionNo)
    .where("closed", "=", 0)
    .where("campaign_no", "in", campaignNos)
    .execute();
}

function holds(block: BlockRow, { campaignNo, prizeNo }: EntryRun, serial: number): boolean {
  return (
    block.campaign_no === campaignNo &&
    block.prize_no === prizeNo &&
    serial >= block.first &&
    serial < block.first + block.size
  );
}

const byPrize = (a: Entry, b: Entry) => a.campaignNo - b.campaignNo || a.prizeNo - b.prizeNo;
