import { overHttp1 } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 256;
const seconds = 3;

/** One process does everything: SQLite with synchronous=FULL, a transaction and a sync per batch, no drain. */
export const embedded: Benchmark = {
  title: "IssueCoupon, embedded, 256 connections",
  about: "Neither Redis nor a database server: SQLite with synchronous=FULL in the same process.",
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    const stand = await field.stand({ embedded: true });
    const turns = await takeTurns(
      { echo: await field.yardstick("echo", drive), issue: await field.issuing(stand, "issue", drive) },
      { rounds, seconds },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections },
      lines: [atLeast("issue ÷ echo", ratios(turns.issue, turns.echo), 0.8), await field.audit(stand)],
      contenders: turns,
      yardstick: "echo",
      figures: {},
    };
  },
};
