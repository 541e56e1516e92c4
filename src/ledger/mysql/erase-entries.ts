import { sql } from "kysely";
import type { Eraser } from "../sql/erase.ts";

/** Entries, and what contradicted one and was kept for people to look at. */
export const entryErasers: readonly Eraser[] = [
  async (tx, userHash, limit) => {
    const { numAffectedRows } = await sql`
      UPDATE entry SET user_id = '' WHERE user_hash = ${userHash} AND user_id <> '' LIMIT ${sql.lit(limit)}
    `.execute(tx);
    return Number(numAffectedRows);
  },
  async (tx, userHash, limit) => {
    // There are few, or an operator is looking at them already; their JSON begins a user's id and hash like this.
    const named = `%"userHash":"${userHash.toString("hex")}"%`;
    const { numAffectedRows } = await sql`
      UPDATE dead_letter SET content = JSON_SET(content, '$.userId', '')
      WHERE content LIKE ${named} AND JSON_VALUE(content, '$.userId') <> '' LIMIT ${sql.lit(limit)}
    `.execute(tx);
    return Number(numAffectedRows);
  },
];
