import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../test/servers/fresh-database.ts";
import { freshRedis } from "../../test/servers/fresh-redis.ts";
import type { Campaign } from "../campaign/campaign.ts";
import { dayAfter, dayAt } from "../campaign/day.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import { mysqlLedger } from "../ledger/mysql/ledger.ts";
import { migrate } from "../ledger/mysql/migrate.ts";
import { connected, connectRedis } from "../store/redis/connect.ts";
import { partitionKeys } from "../store/redis/keys.ts";
import { RedisPartition } from "../store/redis/partition.ts";
import { Arming } from "./arming.ts";
import { Drain } from "./drain.ts";
import { Refill } from "./refill.ts";
import { runAll } from "./service.ts";

const zone = "Asia/Seoul";
const log = pino({ level: "silent" });

describe("lending ahead, and taking back", () => {
  let ledger: Ledger;
  let lending: Lending;
  let partitions: RedisPartition[];
  let refill: Refill;
  let drain: Drain;
  let close: () => Promise<void>;

  beforeEach(async () => {
    const [server, url] = await Promise.all([freshRedis(), freshDatabase()]);
    await migrate(url);
    ({ ledger, lending } = mysqlLedger(url));
    await lending.setUpPartitions(2);
    const redis = connectRedis(server.url, () => {});
    await connected(redis, 5_000);
    partitions = [0, 1].map((no) => new RedisPartition(() => redis, partitionKeys(no, 2), no));
    drain = new Drain({ lending, partitions, log });
    const arming = new Arming({ partitions, ledger, lending, drain, log });
    refill = new Refill({ partitions, epochs: arming, lending, drain, log });
    const services = runAll([arming], log);
    await expect.poll(() => arming.troubles()).toEqual([]);
    close = async () => {
      await services.stop();
      redis.disconnect();
      await ledger.close();
    };
  });
  afterEach(() => close());

  async function campaign(prize: { quota: number; dailyQuota?: number }, spread = 1): Promise<Campaign> {
    const created = await ledger.createCampaign(
      {
        id: "c",
        name: "",
        startMs: 0,
        endMs: Date.now() + 1e10,
        timeZone: zone,
        mechanic: { kind: "first-come" },
        requireRegistration: false,
        couponExpiry: undefined,
        drawSecret: undefined,
        prizes: [{ id: "p1", name: "", oddsPpm: 0, attributes: {}, dailyQuota: undefined, ...prize }],
        limits: { perUser: 0, perUserPerDay: 0, perAddress: 0 },
        format: { alphabet: "0123456789ABCDEF", length: 12, prefix: "" },
        allowGuessable: false,
        partitions: spread,
        wrappedKey: Buffer.alloc(32),
        nowMs: Date.now(),
      },
      undefined,
    );
    if (created.kind !== "created") throw new Error(created.kind);
    return created.campaign;
  }

  /** Serials in a pool, from the text that functions/prelude.lua describes, and its mark. */
  async function pool({ no }: Campaign, field: string, partitionNo = no % 2) {
    const text = (await partitions[partitionNo]!.stock(no))[field] ?? "0|";
    const [, mark, ...blocks] = text.split("|");
    const sizes = blocks.map((block) => block.split(":").map(Number)).map(([, next, stop]) => stop! - next!);
    return { mark, stock: sizes.reduce((sum, size) => sum + size, 0) };
  }

  test("what a day did not use goes back to the total when the next day begins", async () => {
    const daily = await campaign({ quota: 10, dailyQuota: 4 });
    const today = dayAt(zone, Date.now());
    const yesterday = dayAt(zone, today.startMs - 1);
    const tomorrow = dayAfter(zone, today);
    const place = (day: string) => ({ campaignNo: daily.no, prizeNo: 0, day, partitionNo: daily.no % 2 });
    for (const day of [yesterday, today, tomorrow]) await refill.fill(daily, place(day.date));
    expect(await pool(daily, `p0@${tomorrow.date}`)).toEqual({ mark: "", stock: 2 });

    // The first take of the day that this server sees.
    refill.level(daily.no % 2, daily, { prizeNo: 0, daily: true }, today, 4);
    await expect.poll(() => pool(daily, `p0@${yesterday.date}`)).toEqual({ mark: "", stock: 0 });
    await refill.fill(daily, place(tomorrow.date));
    expect(await pool(daily, `p0@${tomorrow.date}`)).toEqual({ mark: "", stock: 4 });
    await refill.fill(daily, place(dayAfter(zone, tomorrow).date));
    expect((await pool(daily, `p0@${dayAfter(zone, tomorrow).date}`)).stock).toBe(2);
  });

  test("a dry pool gets what another partition has left; both are marked when nothing is", async () => {
    const spread = await campaign({ quota: 8 }, 2);
    const place = (partitionNo: number) => ({ campaignNo: spread.no, prizeNo: 0, day: "", partitionNo });
    const stocks = async () => [(await pool(spread, "p0", 0)).stock, (await pool(spread, "p0", 1)).stock];
    for (let i = 0; i < 4; i++) await refill.fill(spread, place(0));
    expect(await stocks()).toEqual([8, 0]);
    await refill.fill(spread, place(1));
    expect(await stocks()).toEqual([4, 2]);
    await refill.fill(spread, place(1));
    expect(await stocks()).toEqual([4, 4]);
  });

  test("a dry pool gets what was lent to another one and never pushed", async () => {
    const spread = await campaign({ quota: 8 }, 2);
    const place = (partitionNo: number) => ({ campaignNo: spread.no, prizeNo: 0, day: "", partitionNo });
    const { epoch } = await lending.partition(0);
    expect(await lending.lend({ ...place(0), epoch }, 1, 8, false)).toMatchObject({ block: { size: 8 } });
    await refill.fill(spread, place(1));
    expect((await pool(spread, "p0", 1)).stock).toBeGreaterThan(0);
  });

  test("many who find a pool dry share one block", async () => {
    const one = await campaign({ quota: 50_000 });
    const place = { campaignNo: one.no, prizeNo: 0, day: "", partitionNo: one.no % 2 };
    await Promise.all(Array.from({ length: 50 }, () => refill.fill(one, place)));
    expect((await pool(one, "p0")).stock).toBe(10_000);
  });

  test("a pool that runs low is filled before it is dry", async () => {
    const one = await campaign({ quota: 50_000 });
    const place = { campaignNo: one.no, prizeNo: 0, day: "", partitionNo: one.no % 2 };
    await refill.fill(one, place);
    refill.level(one.no % 2, one, { prizeNo: 0, daily: false }, undefined, 6_000);
    refill.level(one.no % 2, one, { prizeNo: 0, daily: false }, undefined, 4_000);
    await expect.poll(async () => (await pool(one, "p0")).stock).toBeGreaterThan(10_000);
  });

  test("two servers that fill the same pool put each block into it once", async () => {
    const one = await campaign({ quota: 30_000 });
    const place = { campaignNo: one.no, prizeNo: 0, day: "", partitionNo: one.no % 2 };
    const state = await lending.partition(one.no % 2);
    const epochs = { current: () => state.epoch, lost: () => {} };
    const second = new Refill({ partitions, epochs, lending, drain, log });
    await refill.fill(one, place);
    await second.fill(one, place);
    await Promise.all([refill.fill(one, place), second.fill(one, place)]);
    const { stock } = await pool(one, "p0");
    expect(stock % 10_000).toBe(0);
    const blocks = await lending.blocksAfter({ ...place, epoch: state.epoch }, 0);
    expect(blocks.reduce((sum, block) => sum + block.size, 0)).toBe(stock);
  });

  test("a pool that holds something is not marked, whoever said that it is dry", async () => {
    const one = await campaign({ quota: 10 });
    const place = { campaignNo: one.no, prizeNo: 0, day: "", partitionNo: one.no % 2 };
    await refill.fill(one, place);
    await refill.fill(one, place);
    expect(await pool(one, "p0")).toEqual({ mark: "", stock: 10 });
  });

  test("opening lifts a mark that another server set before there was more", async () => {
    const one = await campaign({ quota: 10 });
    const place = { campaignNo: one.no, prizeNo: 0, day: "", partitionNo: one.no % 2 };
    await refill.fill(one, place);
    const { epoch } = await lending.partition(place.partitionNo);
    const marked = await lending.lend({ ...place, epoch }, 2, 1, true);
    if (marked.kind !== "block") throw new Error(marked.kind);
    await partitions[place.partitionNo]!.grant({ ...place, epoch }, [marked.block]);
    expect(await pool(one, "p0")).toEqual({ mark: "t", stock: 10 });
    const prizes = [{ ...one.prizes[0]!, quota: 15 }];
    const raised = await ledger.changeCampaign(one.id, 1, { prizes, nowMs: Date.now() }, undefined);
    if (raised.kind !== "changed") throw new Error(raised.kind);
    await refill.open(raised.campaign, undefined);
    expect(await pool(one, "p0")).toEqual({ mark: "", stock: 15 });
  });
});
