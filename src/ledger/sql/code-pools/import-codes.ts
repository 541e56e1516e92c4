import type { Selectable } from "kysely";
import type { SerialRange } from "../../../campaign/campaign.ts";
import { producedBy } from "../../../codes/overlap.ts";
import type { CodesImported, CodeUpload, DuplicateLine } from "../../code-pools.ts";
import type { CodeChunkTable } from "../code-pools-schema.ts";
import { codeSpaces, lockCodes } from "../code-spaces.ts";
import { attempt, type Database, type Queries } from "../database.ts";
import { addCodes, addPoolRange, roomInPool } from "./add-codes.ts";
import { rangesAfter } from "./batches.ts";
import { elsewhere } from "./elsewhere.ts";
import { asCampaign, lockCampaign, revise } from "./revise.ts";
import { uploadsImported } from "./stage-codes.ts";

const duplicatesMax = 100;

type Chunk = Selectable<CodeChunkTable>;

export function importCodes(
  db: Database,
  { campaignNo, uploadId, chunks: count, nowMs }: CodeUpload,
): Promise<CodesImported> {
  return attempt<CodesImported>(db, async (tx, undo) => {
    await lockCodes(tx);
    const upload = await tx
      .selectFrom("code_upload")
      .select(["no", "imported"])
      .where("campaign_no", "=", campaignNo)
      .where("upload_id", "=", uploadId)
      .executeTakeFirst();
    const row = await lockCampaign(tx, campaignNo);
    if (upload && upload.imported !== null) {
      return { kind: "imported", imported: upload.imported, campaign: await asCampaign(tx, row) };
    }
    if (!upload || row.deleted_ms !== null) return undo({ kind: "not-found" });
    const chunks = await tx
      .selectFrom("code_chunk")
      .selectAll()
      .where("upload_no", "=", upload.no)
      .orderBy("chunk")
      .execute();
    const missing = Array.from({ length: count }, (_, at) => at).find((at) => chunks[at]?.chunk !== at);
    if (missing !== undefined) return undo({ kind: "missing", chunk: missing });
    if (chunks.length > count) return undo({ kind: "beyond", chunk: chunks[count]!.chunk });
    const duplicates = await duplicatesIn(tx, upload.no, chunks);
    if (duplicates.length > 0) return undo({ kind: "duplicates", duplicates });

    const imported = chunks.reduce((sum, { size }) => sum + size, 0);
    const left = await roomInPool(tx, campaignNo);
    if (imported > left) return undo({ kind: "too-many", left });
    // Parts that came one after the other are neighbours.
    const byFirst = chunks.toSorted((a, b) => a.first - b.first);
    for (const range of rangesAfter(byFirst, undefined)) {
      await addPoolRange(tx, campaignNo, range);
      await addCodes(tx, campaignNo, range);
      const { first, size } = range;
      const batch = { space_no: row.space_no, first, size, made: size, campaign_no: campaignNo };
      await tx
        .insertInto("code_batch")
        .values({ ...batch, create_ms: nowMs })
        .execute();
    }
    await tx.updateTable("code_upload").set({ imported }).where("no", "=", upload.no).execute();
    return { kind: "imported", imported, campaign: await revise(tx, row, nowMs) };
  });
}

/** Looked for again only in parts that are suspect: others had no code that was elsewhere when they came, and nothing came since. */
async function duplicatesIn(tx: Queries, uploadNo: number, chunks: Chunk[]): Promise<DuplicateLine[]> {
  const seen = await uploadsImported(tx);
  const suspects = chunks.filter((chunk) => chunk.suspects > 0 || chunk.seen !== seen);
  const isProduced = producedBy(suspects.length === 0 ? [] : await codeSpaces(tx));
  const lineOf = linesOf(chunks);
  const found = new Map<number, DuplicateLine>();
  for (const chunk of suspects) {
    const pairs = await elsewhere(tx, uploadNo, chunk)
      .select(["mine.serial", "mine.code", "other.serial as otherSerial", "theirs.no as uploadNo"])
      .orderBy("mine.serial")
      .limit(duplicatesMax * 10)
      .execute();
    for (const [serial, same] of Map.groupBy(pairs, (row) => row.serial)) {
      const code = same[0]!.code;
      const isKnown = same.some((row) => row.uploadNo !== uploadNo);
      const others = isKnown ? [] : same.map((row) => row.otherSerial);
      const lines = [serial, ...others].map(lineOf);
      const firstLine = isKnown ? 0 : Math.min(...lines);
      for (const line of lines) if (line !== firstLine) found.set(line, { line, code, firstLine });
    }
    for (const { serial, code } of await codesOf(tx, chunk)) {
      const line = lineOf(serial);
      if (isProduced(code)) found.set(line, { line, code, firstLine: 0 });
    }
    if (found.size >= duplicatesMax) break;
  }
  return [...found.values()].sort((a, b) => a.line - b.line).slice(0, duplicatesMax);
}

function codesOf(tx: Queries, { first, size }: SerialRange) {
  return tx
    .selectFrom("imported_code")
    .select(["serial", "code"])
    .where("serial", ">=", first)
    .where("serial", "<", first + size)
    .execute();
}

/** The line of a serial of an upload, whose lines count from 1 through its parts. */
function linesOf(chunks: Chunk[]): (serial: number) => number {
  let line = 1;
  const starts = chunks.map(({ first, size }) => {
    const start = { first, size, line };
    line += size;
    return start;
  });
  return (serial) => {
    const start = starts.find(({ first, size }) => serial >= first && serial < first + size)!;
    return start.line + serial - start.first;
  };
}
