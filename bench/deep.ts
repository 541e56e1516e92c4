import { inBatches, overHttp1 } from "./generator/http1.ts";
import { Field } from "./issuing/field.ts";
import { atMost, must } from "./line.ts";
import type { Benchmark } from "./result.ts";
import { cpuRatios, takeTurns } from "./rounds/take-turns.ts";
import type { Stand } from "./stand/stand.ts";

const connections = 64;
const seconds = 4;
const campaigns = 10_000;
const coupons = 10_000_000;
const fill = { connections: 8, batch: 1_000, seconds: 5, withinMinutes: 20 };
const processes = ["server", "redis", "database"];
const limit = 1.15;

/** Whether what has been is a burden: three services side by side, one new, one with many campaigns, one that has issued millions. */
export const deep: Benchmark = {
  title: "Many campaigns, many coupons",
  about: `CPU an issue of server, Redis and database together, with ${campaigns.toLocaleString("en")} campaigns and with ${coupons.toLocaleString("en")} coupons issued, beside a service with one campaign and none; ${connections} connections.`,
  deep: true,
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    const one = await field.stand();
    const many = await field.stand();
    const full = await field.stand();
    await createCampaigns(many);
    const filled = await issueMillions(full);
    const turns = await takeTurns(
      {
        one: await field.issuing(one, "one", drive),
        campaigns: await field.issuing(many, "many", drive),
        coupons: await field.issuing(full, "full", drive),
      },
      { rounds, seconds },
    );
    return {
      settings: {
        generator: drive.generator,
        rounds,
        seconds,
        connections,
        campaigns,
        coupons,
      },
      lines: [
        atMost(
          `CPU an issue with ${campaigns.toLocaleString("en")} campaigns ÷ with one`,
          cpuRatios(turns.campaigns, turns.one, processes),
          limit,
        ),
        atMost(
          `CPU an issue with ${filled.toLocaleString("en")} coupons issued ÷ with none`,
          cpuRatios(turns.coupons, turns.one, processes),
          limit,
        ),
        must(
          "coupons issued beforehand",
          filled.toLocaleString("en"),
          coupons.toLocaleString("en"),
          filled >= coupons,
        ),
        await field.audit(one),
      ],
      contenders: turns,
      yardstick: "one",
      figures: {},
    };
  },
};

/** Through the public port, some at a time. */
async function createCampaigns(stand: Stand): Promise<void> {
  const ids = Array.from({ length: campaigns - 1 }, (_, n) => `campaign-${n}`).values();
  const worker = async () => {
    for (const id of ids) await stand.createCampaign(id, { quota: 1_000 });
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Through the public port, in bursts that are drained each; to how many it came in the time there is. */
async function issueMillions(stand: Stand): Promise<number> {
  const campaignId = await stand.createCampaign("millions");
  const drive = inBatches(fill.connections, fill.batch);
  const untilMs = performance.now() + fill.withinMinutes * 60_000;
  for (let issued = 0; ; ) {
    if (issued >= coupons || performance.now() > untilMs) return issued;
    issued += (await drive.run({ url: stand.url, campaignId, seconds: fill.seconds })).answers;
    await stand.drained(campaignId);
    console.log(`${issued.toLocaleString("en")} coupons issued`);
  }
}
