import type { CodeFormat } from "../../../codes/format.ts";
import { producedBy } from "../../../codes/overlap.ts";
import type { Queries } from "../database.ts";

const ROWS_AT_ONCE = 10_000;

/**
 * An imported code that a format could produce, or one that is on its way in; undefined: there is none. It reads the codes of the format's
 * length that begin with its prefix: many only where a format is made that is very much like theirs.
 */
export async function importedLike(tx: Queries, format: CodeFormat): Promise<string | undefined> {
  const length = [...format.prefix].length + format.length;
  const isLike = producedBy([format]);
  let after = format.prefix;
  for (;;) {
    const rows = await tx
      .selectFrom("imported_code")
      .select("code")
      .where("length", "=", length)
      .where("code", ">", after)
      // No symbol of a format is beyond this one.
      .where("code", "<", `${format.prefix}\u{10fffd}`)
      .orderBy("code")
      .limit(ROWS_AT_ONCE)
      .execute();
    const like = rows.find(({ code }) => isLike(code));
    if (like || rows.length < ROWS_AT_ONCE) return like?.code;
    after = rows.at(-1)!.code;
  }
}
