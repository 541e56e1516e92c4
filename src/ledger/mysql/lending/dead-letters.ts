import type { Entry } from "../../ledger.ts";
import type { HandBack } from "../../lending.ts";
import type { Queries } from "../../sql/database.ts";
import { toEntryRow } from "../../sql/entries.ts";
import { nowMs } from "./partitions.ts";

export interface DeadLetter {
  partitionNo: number;
  epoch: number;
  n: number;
  i: number;
  problem: string;
  content: Entry | HandBack;
}

/** Keeps what contradicts the ledger for people to look at; hashes as hex. */
export async function keepDeadLetters(tx: Queries, letters: DeadLetter[]): Promise<void> {
  for (const { partitionNo, epoch, n, i, problem, content } of letters) {
    await tx
      .insertInto("dead_letter")
      .values({
        partition_no: partitionNo,
        epoch,
        n,
        i,
        problem,
        content: JSON.stringify(content, hashesAsHex),
        create_ms: nowMs,
      })
      .execute();
  }
}

/**
 * Why an entry whose key or serial is taken is not the one that is there; undefined: it is, and was recorded before. The key says the
 * campaign too: what differs in that alone is told by its serial.
 */
export async function conflictOf(tx: Queries, entry: Entry): Promise<string | undefined> {
  const row = toEntryRow(entry);
  const there = await tx
    .selectFrom("entry")
    .selectAll()
    .where("campaign_no", "=", row.campaign_no)
    .where("partition_no", "=", row.partition_no)
    .where("epoch", "=", row.epoch)
    .where("n", "=", row.n)
    .where("i", "=", row.i)
    .executeTakeFirst();
  if (!there) return "its serial is recorded for another entry";
  // The user may have been erased since, and stays the same by hash.
  const known = there.user_id === "" ? { ...row, user_id: "" } : row;
  const differing = Object.entries(there).filter(
    ([column, value]) => !isSame(value, known[column as keyof typeof known]),
  );
  if (differing.length === 0) return undefined;
  return `another entry is recorded in its place: ${differing.map(([column]) => column).join(", ")}`;
}

function isSame(a: unknown, b: unknown): boolean {
  return Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : a === b;
}

/** JSON.stringify shows Buffers by their toJSON. */
function hashesAsHex(_name: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
  return type === "Buffer" && data ? Buffer.from(data).toString("hex") : value;
}
