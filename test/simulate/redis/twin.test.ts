import { stockOf } from "../../../src/campaign/campaign.ts";
import { dayAt } from "../../../src/campaign/day.ts";
import { planOf } from "../../../src/campaign/plan.ts";
import { entriesOf } from "../../../src/ledger/contract/outbox-batch.ts";
import { partitionKeys } from "../../../src/store/redis/keys.ts";
import { loadLibrary } from "../../../src/store/redis/library.ts";
import { RedisPartition } from "../../../src/store/redis/partition.ts";
import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import { type CampaignSetup, describeStore } from "../../../src/store/store.contract.ts";
import { campaignOf } from "../../campaign-of.ts";
import { redisClient } from "./client.ts";
import { RedisProcess } from "./process.ts";

const epoch = 1;

describeStore("redis, its Functions in JavaScript", async () => {
  const server = new RedisProcess({ appendfsync: "always" }, Date.now);
  const redis = redisClient({ status: "ready", send: async (command) => server.execute(command) });
  await loadLibrary(redis);
  const partition = new RedisPartition(() => redis, partitionKeys(0, 1), 0);
  await partition.begin(epoch);
  await partition.arm(epoch, 0);
  const store = new RedisStore({
    epochs: { current: () => epoch, lost: () => {} },
    partitions: [partition],
    outboxMaxBytes: 1e9,
    onLevel: () => {},
  });
  let campaigns = 0;
  let serials = 0;
  return {
    store,
    async campaign(setup: CampaignSetup) {
      const campaign = campaignOf(++campaigns, setup);
      const days = setup.days ?? [dayAt(setup.timeZone, Date.now()).date];
      for (const { no: prizeNo, quota, dailyQuota } of stockOf(campaign)) {
        for (const day of dailyQuota === undefined ? [""] : days) {
          const size = Math.min(quota!, dailyQuota ?? quota!);
          await partition.grant({ campaignNo: campaigns, prizeNo, day, partitionNo: 0, epoch }, [
            { number: 1, first: serials, size, exhausted: undefined },
            { number: 2, first: 0, size: 0, exhausted: size < quota! ? "day" : "total" },
          ]);
          serials += size;
        }
      }
      return planOf(campaign);
    },
    async revise(plan) {
      await store.adopt(0, plan.campaignNo, plan.revision + 1);
      await store.adopt(0, plan.campaignNo, plan.revision);
    },
    async moveClock(toMs) {
      await redis.hset(partition.keys.fence, "clock", String(toMs));
    },
    async recorded({ campaignNo }) {
      const entries = await partition.outbox({ epoch: 0, n: 0 }, 1e6);
      return entries
        .flatMap((entry) => entriesOf(0, entry))
        .filter((entry) => entry.campaignNo === campaignNo)
        .map(({ userId, prizeNo, serial, number, drawnNo, timeMs }) => ({
          ...{ userId, prizeNo, serial, number, drawnNo, timeMs },
        }));
    },
    async close() {},
  };
});
