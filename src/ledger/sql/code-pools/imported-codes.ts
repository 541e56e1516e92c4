import type { CodeKey } from "../../code-pools.ts";
import { lockCodes } from "../code-spaces.ts";
import type { Database, Queries } from "../database.ts";
import { dropChunk } from "./stage-codes.ts";

export async function importedCodes(
  queries: Queries,
  first: number,
  size: number,
): Promise<Map<number, string>> {
  const rows = await queries
    .selectFrom("imported_code")
    .select(["serial", "code"])
    .where("serial", ">=", first)
    .where("serial", "<", first + size)
    .execute();
  return new Map(rows.map(({ serial, code }) => [serial, code]));
}

export async function importedCode(queries: Queries, code: string): Promise<CodeKey | undefined> {
  return queries
    .selectFrom("imported_code")
    .innerJoin("code_upload", "code_upload.no", "imported_code.upload_no")
    .innerJoin("campaign", "campaign.no", "code_upload.campaign_no")
    .select(["campaign.space_no as spaceNo", "imported_code.serial"])
    .where("imported_code.length", "=", [...code].length)
    .where("imported_code.code", "=", code)
    .where("code_upload.imported", "is not", null)
    .executeTakeFirst();
}

export async function dropUploads(db: Database, sinceMs: number, limit: number): Promise<void> {
  const upload = await db.kysely
    .selectFrom("code_upload")
    .select("no")
    .where("imported", "is", null)
    .where("update_ms", "<", sinceMs)
    .limit(1)
    .executeTakeFirst();
  if (!upload) return;
  await db.write(async (tx) => {
    await lockCodes(tx);
    const stale = await tx
      .selectFrom("code_upload")
      .select("no")
      .where("no", "=", upload.no)
      .where("imported", "is", null)
      .where("update_ms", "<", sinceMs)
      .executeTakeFirst();
    if (!stale) return;
    const chunks = await tx
      .selectFrom("code_chunk")
      .selectAll()
      .where("upload_no", "=", stale.no)
      .orderBy("chunk")
      .execute();
    let dropped = 0;
    for (const chunk of chunks) {
      if (dropped >= limit) return;
      await dropChunk(tx, chunk);
      dropped += chunk.size;
    }
    await tx.deleteFrom("code_upload").where("no", "=", stale.no).execute();
  });
}
