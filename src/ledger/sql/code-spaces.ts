import { createHash } from "node:crypto";
import type { Selectable } from "kysely";
import type { CodeSpace } from "../../campaign/campaign.ts";
import type { CodeFormat } from "../../codes/format.ts";
import { overlaps } from "../../codes/overlap.ts";
import { buffer } from "./bytes.ts";
import { importedLike } from "./code-pools/imported-like.ts";
import type { Queries } from "./database.ts";
import type { CodeSpaceTable } from "./schema.ts";

export async function codeSpaces(queries: Queries): Promise<CodeSpace[]> {
  const rows = await queries.selectFrom("code_space").selectAll().orderBy("no").execute();
  return rows.map(toCodeSpace);
}

export function toCodeSpace(row: Selectable<CodeSpaceTable>): CodeSpace {
  const { no, alphabet, length, prefix } = row;
  return { no, alphabet, length, prefix, wrappedKey: buffer(row.wrapped_key) };
}

/** The number of a format's space, made where it is missing; or the format of another space that could produce the same strings; or a code
 * that was imported and is one that it could produce.
 */
export async function findOrMakeSpace(
  tx: Queries,
  format: CodeFormat,
  wrappedKey: Uint8Array,
): Promise<{ no: number } | { overlapping: CodeFormat } | { imported: string }> {
  const hash = formatHash(format);
  const find = () =>
    tx.selectFrom("code_space").select("no").where("format_hash", "=", hash).executeTakeFirst();
  const existing = await find();
  if (existing) return existing;

  await lockCodes(tx);
  const made = await find();
  if (made) return made;
  const totalLength = [...format.prefix].length + format.length;
  const others = await tx
    .selectFrom("code_space")
    .select(["alphabet", "length", "prefix"])
    .where("total_length", "=", totalLength)
    .execute();
  const overlapping = others.find((other) => overlaps(format, other));
  if (overlapping) return { overlapping };
  const imported = await importedLike(tx, format);
  if (imported !== undefined) return { imported };
  const { insertId } = await tx
    .insertInto("code_space")
    .values({
      alphabet: format.alphabet,
      length: format.length,
      prefix: format.prefix,
      total_length: totalLength,
      wrapped_key: buffer(wrappedKey),
      next_serial: 0,
      format_hash: hash,
    })
    .executeTakeFirstOrThrow();
  return { no: Number(insertId) };
}

/** One at a time from here on: of two overlapping formats made at once, or a format and a code, neither would see the other. */
export async function lockCodes(tx: Queries): Promise<void> {
  await tx
    .selectFrom("setting")
    .select("name")
    .where("name", "=", "code-space-lock")
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/** As JSON, so that no two formats are hashed as the same text. */
function formatHash({ alphabet, length, prefix }: CodeFormat): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([length, prefix, alphabet]))
    .digest();
}
