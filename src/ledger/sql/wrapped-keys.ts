import { sql } from "kysely";
import type { WrappedKeys } from "../wrapped-keys.ts";
import { buffer } from "./bytes.ts";
import type { Database } from "./database.ts";

interface Place {
  table: string;
  /** By which rows are told apart, and gone through. */
  key: string;
  column: string;
  /** What the key in a row is for, by the row's own key; undefined: it is no wrapped key. */
  purposeOf(key: string): string | undefined;
}

/** Every column that holds wrapped keys. One that is not here can't be read any more once the master key was changed. */
export const wrappedPlaces: readonly Place[] = [
  { table: "secret", key: "name", column: "wrapped", purposeOf: (name) => /^(.+)-key$/.exec(name)?.[1] },
  { table: "code_space", key: "no", column: "wrapped_key", purposeOf: () => "code-space" },
  { table: "campaign", key: "no", column: "draw_secret", purposeOf: () => "draw" },
  { table: "webhook_endpoint", key: "no", column: "wrapped_secret", purposeOf: () => "webhook" },
  { table: "webhook_endpoint", key: "no", column: "wrapped_previous", purposeOf: () => "webhook" },
];

const pageSize = 500;

export function wrappedKeysOf(db: Database): WrappedKeys {
  return {
    async rewrap(change) {
      let replaced = 0;
      for (const place of wrappedPlaces) replaced += await rewrapPlace(db, place, change);
      return replaced;
    },
    async replaceSecret(name, from, to) {
      const { numUpdatedRows } = await db.kysely
        .updateTable("secret")
        .set({ wrapped: buffer(to) })
        .where("name", "=", name)
        .where("wrapped", "=", buffer(from))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

interface Row {
  at: string | number;
  wrapped: Uint8Array;
}

async function rewrapPlace(
  db: Database,
  { table, key, column, purposeOf }: Place,
  change: Parameters<WrappedKeys["rewrap"]>[0],
): Promise<number> {
  const [ofTable, ofKey, ofColumn] = [sql.table(table), sql.ref(key), sql.ref(column)];
  let replaced = 0;
  let after: Row["at"] | undefined;
  for (;;) {
    const beyond = after === undefined ? sql`` : sql`AND ${ofKey} > ${after}`;
    const { rows } = await sql<Row>`
      SELECT ${ofKey} AS at, ${ofColumn} AS wrapped FROM ${ofTable}
      WHERE ${ofColumn} IS NOT NULL ${beyond} ORDER BY ${ofKey} LIMIT ${sql.lit(pageSize)}`.execute(
      db.kysely,
    );
    const changes = rows.flatMap(({ at, wrapped }) => {
      const purpose = purposeOf(String(at));
      const to = purpose === undefined ? undefined : change(purpose, buffer(wrapped));
      return to === undefined ? [] : [{ at, from: buffer(wrapped), to: buffer(to) }];
    });
    replaced += await db.write(async (tx) => {
      let count = 0;
      for (const { at, from, to } of changes) {
        const update = sql`UPDATE ${ofTable} SET ${ofColumn} = ${to} WHERE ${ofKey} = ${at} AND ${ofColumn} = ${from}`;
        count += Number((await update.execute(tx)).numAffectedRows);
      }
      return count;
    });
    if (rows.length < pageSize) return replaced;
    after = rows.at(-1)!.at;
  }
}
