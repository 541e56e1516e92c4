import type { CouponRow } from "../ledger.ts";
import type { Queries } from "./database.ts";
import { toEntry } from "./entries.ts";

type Returned = Pick<CouponRow, "campaignNo" | "serial">;

export async function unreleased(queries: Queries, limit: number): Promise<CouponRow[]> {
  const rows = await queries
    .selectFrom("returned")
    .innerJoin("entry", (join) =>
      join.onRef("entry.space_no", "=", "returned.space_no").onRef("entry.serial", "=", "returned.serial"),
    )
    .selectAll("entry")
    .where("returned.released", "=", 0)
    .orderBy("returned.campaign_no")
    .orderBy("returned.serial")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...toEntry(row), serial: row.serial! }));
}

export async function isUnreleased(queries: Queries, { campaignNo, serial }: Returned): Promise<boolean> {
  const row = await queries
    .selectFrom("returned")
    .select("released")
    .where("campaign_no", "=", campaignNo)
    .where("serial", "=", serial)
    .executeTakeFirst();
  return row?.released === 0;
}

export async function released(queries: Queries, { campaignNo, serial }: Returned): Promise<void> {
  await queries
    .updateTable("returned")
    .set({ released: 1 })
    .where("campaign_no", "=", campaignNo)
    .where("serial", "=", serial)
    .execute();
}

export async function returned(queries: Queries, campaignNos: number[]): Promise<Map<number, Set<number>>> {
  const serials = new Map<number, Set<number>>();
  if (campaignNos.length === 0) return serials;
  const rows = await queries
    .selectFrom("returned")
    .select(["campaign_no", "serial"])
    .where("campaign_no", "in", campaignNos)
    .execute();
  for (const row of rows) serials.getOrInsertComputed(row.campaign_no, () => new Set()).add(row.serial);
  return serials;
}
