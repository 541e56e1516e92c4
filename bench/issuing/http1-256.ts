import { overHttp1 } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { RedisFloor } from "../yardsticks/redis-floor.ts";
import { Field } from "./field.ts";

const connections = 256;
const seconds = 3;

/** A larger crowd: batches grow with it, so that a coupon's share of each call and each sync to disk shrinks. */
export const http1At256: Benchmark = {
  title: "IssueCoupon, Connect and protobuf over HTTP/1.1, 256 connections",
  about:
    "As before with a larger crowd: batches grow, so that a coupon's share of each call and each sync shrinks.",
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    const stand = await field.stand();
    await using floor = await RedisFloor.startIfInstalled();
    const turns = await takeTurns(
      {
        bare: await field.yardstick("bare", drive),
        echo: await field.yardstick("echo", drive),
        nothing: await field.yardstick("nothing", drive),
        issue: await field.issuing(stand, "issue", drive),
      },
      { rounds, seconds, betweenRounds: () => floor?.measure() },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections },
      lines: [
        atLeast("issue ÷ echo", ratios(turns.issue, turns.echo), 1),
        atLeast("issue ÷ bare", ratios(turns.issue, turns.bare), 0.4),
        atLeast("issue ÷ connect-node doing nothing", ratios(turns.issue, turns.nothing), 2.5),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: { redisFloor: floor?.figures },
    };
  },
};
