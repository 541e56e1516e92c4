import type { Queries } from "../../sql/database.ts";

export async function unpushed(
  queries: Queries,
  limit: number,
): Promise<{ campaignNo: number; revision: number }[]> {
  return queries
    .selectFrom("campaign")
    .select(["no as campaignNo", "revision"])
    .where("unpushed", "=", 1)
    .orderBy("no")
    .limit(limit)
    .execute();
}

export async function pushed(queries: Queries, campaignNo: number, revision: number): Promise<void> {
  await queries
    .updateTable("campaign")
    .set({ pushed_revision: revision })
    .where("no", "=", campaignNo)
    .where("pushed_revision", "<", revision)
    .execute();
}

export async function issuedIn(
  queries: Queries,
  partitionNo: number,
): Promise<{ campaignNo: number; prizeNo: number; issued: number }[]> {
  return queries
    .selectFrom("prize_count")
    .select(["campaign_no as campaignNo", "prize_no as prizeNo", "issued"])
    .where("partition_no", "=", partitionNo)
    .orderBy("campaign_no")
    .orderBy("prize_no")
    .execute();
}

/** A day counts only while something lent for it is unspent: nothing else of it can be recalled. */
export async function overLent(queries: Queries, campaignNo: number): Promise<number[]> {
  const rows = await queries
    .selectFrom("prize")
    .select("no")
    .where("campaign_no", "=", campaignNo)
    .where((eb) =>
      eb.or([
        eb("granted", ">", eb.ref("quota")),
        eb.exists(
          eb
            .selectFrom("prize_day")
            .innerJoin("block", (join) =>
              join
                .onRef("block.campaign_no", "=", "prize_day.campaign_no")
                .onRef("block.prize_no", "=", "prize_day.prize_no")
                .onRef("block.day", "=", "prize_day.day")
                .on("block.closed", "=", 0),
            )
            .select("prize_day.day")
            .whereRef("prize_day.campaign_no", "=", "prize.campaign_no")
            .whereRef("prize_day.prize_no", "=", "prize.no")
            .whereRef("prize_day.granted", ">", "prize.daily_quota"),
        ),
      ]),
    )
    .orderBy("no")
    .execute();
  return rows.map((row) => row.no);
}
