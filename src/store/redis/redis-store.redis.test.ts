import { campaignOf } from "../../../test/campaign-of.ts";
import { freshRedis } from "../../../test/servers/fresh-redis.ts";
import { stockOf } from "../../campaign/campaign.ts";
import { dayAt } from "../../campaign/day.ts";
import { planOf } from "../../campaign/plan.ts";
import { entriesOf } from "../../ledger/contract/outbox-batch.ts";
import { type CampaignSetup, describeStore } from "../store.contract.ts";
import { connected, connectRedis } from "./connect.ts";
import { partitionKeys } from "./keys.ts";
import { loadLibrary } from "./library.ts";
import { RedisPartition } from "./partition.ts";
import { RedisStore } from "./redis-store.ts";

const epoch = 1;

describeStore("redis", async () => {
  const server = await freshRedis();
  const redis = connectRedis(server.url, () => {});
  await connected(redis, 5_000);
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
      // An older one that comes late changes nothing.
      await store.adopt(0, plan.campaignNo, plan.revision);
    },
    async moveClock(toMs) {
      // The latest time the data has seen: what the system's clock says from then on is earlier.
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
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
});
