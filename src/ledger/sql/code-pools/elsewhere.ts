import type { SerialRange } from "../../../campaign/campaign.ts";
import type { Queries } from "../database.ts";

/** Codes of a part of an upload (`mine`) that are there once more (`other`): in the same upload, or in one that was imported. */
export function elsewhere(tx: Queries, uploadNo: number, { first, size }: SerialRange) {
  return tx
    .selectFrom("imported_code as mine")
    .innerJoin("imported_code as other", (join) =>
      join.onRef("other.length", "=", "mine.length").onRef("other.code", "=", "mine.code"),
    )
    .innerJoin("code_upload as theirs", "theirs.no", "other.upload_no")
    .where("mine.serial", ">=", first)
    .where("mine.serial", "<", first + size)
    .whereRef("other.serial", "<>", "mine.serial")
    .where((eb) => eb.or([eb("theirs.no", "=", uploadNo), eb("theirs.imported", "is not", null)]));
}
