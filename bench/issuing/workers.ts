import { overHttp1 } from "../generator/http1.ts";
import { atLeast, atMost } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { cpuRatios, ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 256;
const seconds = 3;

/**
 * Two processes on one port. Where generator and stores share the machine's two cores a second worker can win little; it must not lose, and
 * a coupon must cost the same CPU as with one worker that has half the crowd, so that with cores to spare there would be twice as many.
 */
export const workers: Benchmark = {
  title: "Two workers",
  about: `allot serve --workers 2 beside one worker, each with stores of its own, ${connections} connections. *half* is one worker with half of them, as each of the two has; what a coupon costs depends on how many travel together.`,
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    const one = await field.stand();
    const two = await field.stand({ args: ["serve", "--workers", "2"] });
    const turns = await takeTurns(
      {
        one: await field.issuing(one, "one", drive),
        half: await field.issuing(one, "half", overHttp1(connections / 2)),
        two: await field.issuing(two, "two", drive),
      },
      { rounds, seconds },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections },
      lines: [
        atLeast("two workers ÷ one", ratios(turns.two, turns.one), 1),
        atMost(
          "server's CPU an issue, two ÷ one with half the crowd",
          cpuRatios(turns.two, turns.half, ["server"]),
          1.15,
        ),
        await field.audit(one),
        await field.audit(two),
      ],
      contenders: turns,
      yardstick: "one",
      figures: {},
    };
  },
};
