import { setTimeout as delay } from "node:timers/promises";
import { overHttp1 } from "../generator/http1.ts";
import { atLeast, atMost, must } from "../line.ts";
import { type Benchmark, median } from "../result.ts";
import { type Contender, ratios, takeTurns } from "../rounds/take-turns.ts";
import { FunctionCalls } from "../stand/function-calls.ts";
import { LoopCounter } from "../stand/loop-counter.ts";
import { sumOf } from "../stand/metrics.ts";
import { soldOutCampaign } from "../stand/sold-out-campaign.ts";
import { Field } from "./field.ts";

const connections = 64;
const seconds = 3;
const quota = 1_000;
const idleSeconds = 4;

/**
 * What most of a crowd gets in the end. A winner's retry must still find its coupon and a raised quota be seen at once, so Redis is asked
 * about every request; but about all of a tick's requests in one call. Calls that the server makes with nothing to do are subtracted.
 */
export const soldOut: Benchmark = {
  title: "Sold out, 64 connections",
  about: `A campaign of ${quota.toLocaleString("en")} coupons that are all gone; a new user with every request. A turn of the server's event loop is a tick.`,
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    using loop = await LoopCounter.open();
    const stand = await field.stand({ env: loop.env });
    await using functions = new FunctionCalls(stand.redis!.url);
    const campaignId = await soldOutCampaign(stand, quota);
    await delay(500);
    const idleCalls = (await during(idleSeconds, functions)) / idleSeconds;

    const counted: { calls: number; loopTurns: number; answers: number }[] = [];
    const refusing: Contender = async (seconds) => {
      const [calls, loopTurns] = [await functions.read(), await loop.read(stand.allot.pid)];
      const turn = await stand.turn(() => drive.run({ url: stand.url, campaignId, seconds }));
      counted.push({
        calls: (await functions.read()) - calls - idleCalls * turn.seconds,
        loopTurns: (await loop.read(stand.allot.pid)) - loopTurns,
        answers: turn.answers,
      });
      return turn;
    };
    const turns = await takeTurns(
      { echo: await field.yardstick("echo", drive), "sold out": refusing },
      { rounds, seconds },
    );
    const { issued } = (await stand.clients.campaigns.getCampaign({ campaignId })).campaign!.stats!;
    const refusals = await sumOf(stand.url, "allot_requests_total", { reason: "SOLD_OUT" });
    const answers = counted.reduce((sum, turn) => sum + turn.answers, 0);
    return {
      settings: { generator: drive.generator, rounds, seconds, connections, quota },
      lines: [
        atLeast("sold out ÷ echo", ratios(turns["sold out"], turns.echo), 1),
        atMost(
          "calls of Redis in a turn of the event loop",
          counted.map(({ calls, loopTurns }) => calls / loopTurns),
          1,
          "",
        ),
        must(
          "refused, all of them",
          `${issued.toLocaleString("en")} issued, ${refusals.toLocaleString("en")} refused`,
          "exactly the quota, and every other request SOLD_OUT",
          issued === quota && refusals >= answers,
        ),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: {
        answersPerCall: median(counted.map((turn) => turn.answers / turn.calls)),
      },
    };
  },
};

async function during(seconds: number, functions: FunctionCalls): Promise<number> {
  const before = await functions.read();
  await delay(seconds * 1000);
  return (await functions.read()) - before;
}
