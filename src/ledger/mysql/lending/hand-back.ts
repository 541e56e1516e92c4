import type { HandBack, OutboxBatch } from "../../lending.ts";
import type { Queries } from "../../sql/database.ts";
import { type BlockRow, blocksOf, setBlock } from "./blocks.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { freeSerials } from "./free-serials.ts";

/** Frees what batches hand back, in their order; what fits no block is returned. */
export async function handBack(
  tx: Queries,
  partitionNo: number,
  batches: OutboxBatch[],
): Promise<DeadLetter[]> {
  const all = batches.flatMap(({ epoch, n, runs, handBacks }) => {
    const entries = runs.reduce((sum, run) => sum + run.size, 0);
    return handBacks.map((content, at) => ({ partitionNo, epoch, n, i: entries + at, content }));
  });
  // In the order in which every transaction locks prizes; sorting leaves those of one prize as they are.
  all.sort((a, b) => a.content.campaignNo - b.content.campaignNo || a.content.prizeNo - b.content.prizeNo);
  const letters: DeadLetter[] = [];
  for (const one of all) {
    if (!(await shrink(tx, partitionNo, one.epoch, one.content))) {
      letters.push({ ...one, problem: "it is not the unspent end of a block" });
    }
  }
  return letters;
}

async function shrink(tx: Queries, partitionNo: number, epoch: number, back: HandBack): Promise<boolean> {
  const block = await blocksOf(tx, { ...back, partitionNo, epoch })
    .where("number", "=", back.number)
    .executeTakeFirst();
  if (!block || !isUnspentEnd(block, back)) return false;
  const size = back.first - block.first;
  await setBlock(tx, block, { size, closed: size === block.spent ? 1 : 0 });
  await freeSerials(tx, back, back.day, back);
  return true;
}

function isUnspentEnd(block: BlockRow, { first, size }: HandBack): boolean {
  return (
    block.closed === 0 &&
    size > 0 &&
    first >= block.first + block.spent &&
    first + size === block.first + block.size
  );
}
