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
    // There are few, or an operator is looking at them already.
    const letters = await tx
      .selectFrom("dead_letter")
      .select(["no", "content"])
      .where("content", "like", `%"userHash":"${userHash.toString("hex")}"%`)
      .where("content", "not like", '%"userId":""%')
      .limit(limit)
      .execute();
    for (const { no, content } of letters) {
      const erased = JSON.stringify({ ...JSON.parse(content), userId: "" });
      await tx.updateTable("dead_letter").set({ content: erased }).where("no", "=", no).execute();
    }
    return letters.length;
  },
];
