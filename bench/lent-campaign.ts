import { randomBytes } from "node:crypto";
import { mysqlLedger } from "../src/ledger/mysql/ledger.ts";
import { migrate } from "../src/ledger/mysql/migrate.ts";

/** A migrated ledger with one partition, armed in `epoch`, and a campaign that has five million serials lent to it. */
export async function lentCampaign(url: string) {
  await migrate(url);
  const { ledger, lending } = mysqlLedger(url);
  await lending.setUpPartitions(1);
  const epoch = (await lending.beginArming(0, 0, "bench", 60_000))!;
  await lending.endArming(0, epoch, "bench", true);
  const nowMs = Date.now();
  const created = await ledger.createCampaign(
    {
      id: "bench",
      name: "Bench",
      startMs: 0,
      endMs: nowMs + 3_600_000,
      timeZone: "UTC",
      mechanic: { kind: "first-come" },
      requireRegistration: false,
      couponExpiry: undefined,
      drawSecret: undefined,
      prizes: [{ id: "p1", name: "", quota: 10_000_000, dailyQuota: undefined, oddsPpm: 0, attributes: {} }],
      limits: { perUser: 1, perUserPerDay: 0, perAddress: 0 },
      format: { alphabet: "0123456789ABCDEF", length: 16, prefix: "" },
      allowGuessable: false,
      partitions: 1,
      wrappedKey: randomBytes(32),
      nowMs,
    },
    undefined,
  );
  if (created.kind !== "created") throw new Error(created.kind);
  const { no: campaignNo, space } = created.campaign;
  const pool = { campaignNo, prizeNo: 0, day: "", partitionNo: 0, epoch };
  await lending.lend(pool, 1, 5_000_000, true);
  return { ledger, lending, epoch, campaignNo, spaceNo: space.no };
}
