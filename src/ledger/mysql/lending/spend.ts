import type { Entry } from "../../ledger.ts";
import type { Queries } from "../../sql/database.ts";
import { type BlockRow, setBlock } from "./blocks.ts";
import { claimStray } from "./strays.ts";

/**
 * Moves on how much of each block is known to be spent: serials are spent in ascending order, so all up to the highest one seen. Entries
 * that were refused as conflicts count too: somebody may have been told of their serials. A block spent to its end is closed.
 */
export async function spend(
  tx: Queries,
  partitionNo: number,
  entries: Entry[],
  notNew: Set<Entry>,
): Promise<void> {
  if (entries.length === 0) return;
  const blocks = await blocksOfCampaigns(tx, partitionNo, [
    ...new Set(entries.map((entry) => entry.campaignNo)),
  ]);
  const spent = new Map<BlockRow, number>();
  const strays: Entry[] = [];
  let block: BlockRow | undefined;
  for (const entry of entries) {
    // Neighbours are mostly of one block.
    if (!block || !holds(block, entry)) block = blocks.find((one) => holds(one, entry));
    if (block) spent.set(block, Math.max(spent.get(block) ?? block.spent, entry.serial - block.first + 1));
    else if (!notNew.has(entry)) strays.push(entry);
  }
  for (const [row, upTo] of spent) {
    if (upTo > row.spent) await setBlock(tx, row, { spent: upTo, closed: upTo === row.size ? 1 : 0 });
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

function holds(block: BlockRow, { campaignNo, prizeNo, serial }: Entry): boolean {
  return (
    block.campaign_no === campaignNo &&
    block.prize_no === prizeNo &&
    serial >= block.first &&
    serial < block.first + block.size
  );
}

const byPrize = (a: Entry, b: Entry) => a.campaignNo - b.campaignNo || a.prizeNo - b.prizeNo;
