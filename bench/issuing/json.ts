import { overHttp1 } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 256;
const seconds = 3;

/** What curl and browsers send: the same in JSON, beside an echo and an idle connect-node that speak JSON too. */
export const json: Benchmark = {
  title: "IssueCoupon, Connect and JSON over HTTP/1.1, 256 connections",
  about: "What curl and browsers send. The yardsticks beside it speak JSON too.",
  async run({ rounds }) {
    const drive = overHttp1(connections, "application/json");
    await using field = new Field();
    const stand = await field.stand();
    const turns = await takeTurns(
      {
        echo: await field.yardstick("echo", drive),
        nothing: await field.yardstick("nothing", drive),
        issue: await field.issuing(stand, "issue", drive),
      },
      { rounds, seconds },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections },
      lines: [
        atLeast("issue ÷ echo", ratios(turns.issue, turns.echo), 0.8),
        atLeast("issue ÷ connect-node doing nothing", ratios(turns.issue, turns.nothing), 2.5),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: {},
    };
  },
};
