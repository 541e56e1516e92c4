import type { ApiKey, Role } from "../ledger.ts";
import { buffer } from "./bytes.ts";
import { type Database, inserted, type Queries } from "./database.ts";

/** Stores a secret unless there is one under this name, and returns the one that is there. */
export async function keepSecret(db: Database, name: string, wrapped: Uint8Array): Promise<Uint8Array> {
  const find = () => db.kysely.selectFrom("secret").select("wrapped").where("name", "=", name);
  const there = await find().executeTakeFirst();
  if (there) return buffer(there.wrapped);
  const values = { name, wrapped: buffer(wrapped) };
  if (await inserted(db, db.kysely.insertInto("secret").values(values))) return wrapped;
  return buffer((await find().executeTakeFirstOrThrow()).wrapped);
}

export async function addApiKey(queries: Queries, key: ApiKey): Promise<void> {
  await queries
    .insertInto("api_key")
    .values({
      id: key.id,
      name: key.name,
      role: key.role,
      hash: buffer(key.hash),
      create_ms: key.createMs,
      revoke_ms: key.revokeMs ?? null,
    })
    .execute();
}

/** In the order they were made. */
export async function apiKeys(queries: Queries): Promise<ApiKey[]> {
  const rows = await queries.selectFrom("api_key").selectAll().orderBy("create_ms").orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    role: row.role as Role,
    hash: buffer(row.hash),
    createMs: row.create_ms,
    revokeMs: row.revoke_ms ?? undefined,
  }));
}

/** Once revoked, a key keeps the time of the first revocation. */
export async function revokeApiKey(queries: Queries, id: string, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("api_key")
    .set(({ fn, val }) => ({ revoke_ms: fn.coalesce("revoke_ms", val(nowMs)) }))
    .where("id", "=", id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
