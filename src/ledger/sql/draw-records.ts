import type { DrawRecord, DrawRecords } from "../draw-records.ts";
import { withParts } from "./campaigns.ts";
import type { Database } from "./database.ts";
import { entryMark } from "./list-entries.ts";
import { counts } from "./prizes.ts";
import { returned } from "./returned.ts";
import { revisions } from "./revisions.ts";

export function drawRecordsOf(db: Database): DrawRecords {
  return { drawRecord: (campaignId) => drawRecord(db, campaignId) };
}

function drawRecord(db: Database, campaignId: string): Promise<DrawRecord | undefined> {
  return db.read(async (tx) => {
    const row = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("id", "=", campaignId)
      .where("deleted_ms", "is", null)
      .executeTakeFirst();
    if (!row) return undefined;
    const [campaign] = await withParts(tx, [row]);
    return {
      campaign: campaign!,
      revisions: await revisions(tx, row.no),
      counts: await counts(tx, row.no),
      returned: (await returned(tx, [row.no])).get(row.no) ?? new Set(),
      mark: await entryMark(tx),
    };
  });
}
