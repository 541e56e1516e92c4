import { createHash } from "node:crypto";
import { producedBy } from "../../../codes/overlap.ts";
import type { CodeChunk, CodesStaged } from "../../code-pools.ts";
import { buffer } from "../bytes.ts";
import type { CodeChunkTable } from "../code-pools-schema.ts";
import { codeSpaces, lockCodes } from "../code-spaces.ts";
import type { Database, Queries } from "../database.ts";
import { lockSpace, takeOfSpace } from "../reserve.ts";
import { elsewhere } from "./elsewhere.ts";

const ROWS_AT_ONCE = 1_000;

/**
 * Keeps a part under serials of its own, and counts which of its codes are elsewhere, so that importing the whole has that little left to
 * do. Parts of all uploads take turns, and with whoever makes a new format: of two codes that are the same, one sees the other.
 */
export function stageCodes(
  db: Database,
  { campaignNo, uploadId, chunk, codes, closed, nowMs }: CodeChunk,
): Promise<CodesStaged> {
  return db.write(async (tx) => {
    await lockCodes(tx);
    const upload = await findOrMakeUpload(tx, campaignNo, uploadId, nowMs);
    const before = await tx
      .selectFrom("code_chunk")
      .selectAll()
      .where("upload_no", "=", upload.no)
      .where("chunk", "=", chunk)
      .executeTakeFirst();
    const digest = digestOf(codes);
    const same = before !== undefined && digest.equals(buffer(before.digest));
    if (upload.imported !== null) {
      return same ? { kind: "imported", chunks: await chunksOf(tx, upload.no) } : { kind: "reused" };
    }
    if (closed) return { kind: "closed" };
    await tx.updateTable("code_upload").set({ update_ms: nowMs }).where("no", "=", upload.no).execute();
    if (!same) {
      if (before) await dropChunk(tx, before);
      await add(tx, upload.no, campaignNo, chunk, codes, digest);
    }
    return { kind: "staged", chunks: await chunksOf(tx, upload.no) };
  });
}

async function findOrMakeUpload(tx: Queries, campaignNo: number, uploadId: string, nowMs: number) {
  const find = () =>
    tx
      .selectFrom("code_upload")
      .select(["no", "imported"])
      .where("campaign_no", "=", campaignNo)
      .where("upload_id", "=", uploadId)
      .executeTakeFirst();
  const found = await find();
  if (found) return found;
  await tx
    .insertInto("code_upload")
    .values({ campaign_no: campaignNo, upload_id: uploadId, imported: null, update_ms: nowMs })
    .execute();
  return (await find())!;
}

async function add(
  tx: Queries,
  uploadNo: number,
  campaignNo: number,
  chunk: number,
  codes: string[],
  digest: Buffer,
): Promise<void> {
  const { space_no } = await tx
    .selectFrom("campaign")
    .select("space_no")
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  const { first, size } = await takeOfSpace(tx, await lockSpace(tx, space_no, true), codes.length);
  const rows = codes.map((code, i) => ({
    serial: first + i,
    upload_no: uploadNo,
    length: [...code].length,
    code,
  }));
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await tx
      .insertInto("imported_code")
      .values(rows.slice(at, at + ROWS_AT_ONCE))
      .execute();
  }
  const produced = codes.filter(producedBy(await codeSpaces(tx))).length;
  const { count } = await elsewhere(tx, uploadNo, { first, size })
    .select((eb) => eb.fn.count<number>("mine.serial").distinct().as("count"))
    .executeTakeFirstOrThrow();
  const part = { upload_no: uploadNo, chunk, first, size, digest };
  await tx
    .insertInto("code_chunk")
    .values({ ...part, suspects: count + produced, seen: await uploadsImported(tx) })
    .execute();
}

export async function dropChunk(
  tx: Queries,
  { upload_no, chunk, first, size }: Pick<CodeChunkTable, "upload_no" | "chunk" | "first" | "size">,
): Promise<void> {
  await tx
    .deleteFrom("imported_code")
    .where("serial", ">=", first)
    .where("serial", "<", first + size)
    .execute();
  await tx.deleteFrom("code_chunk").where("upload_no", "=", upload_no).where("chunk", "=", chunk).execute();
}

export async function uploadsImported(tx: Queries): Promise<number> {
  const { count } = await tx
    .selectFrom("code_upload")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("imported", "is not", null)
    .executeTakeFirstOrThrow();
  return count;
}

async function chunksOf(tx: Queries, uploadNo: number): Promise<number> {
  const { count } = await tx
    .selectFrom("code_chunk")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("upload_no", "=", uploadNo)
    .executeTakeFirstOrThrow();
  return count;
}

/** Codes have no control characters, so that one list has one digest. */
function digestOf(codes: string[]): Buffer {
  return createHash("sha256").update(codes.join("\n")).digest();
}
