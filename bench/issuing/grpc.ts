import { byH2loadIfInstalled, withNewUsers } from "../generator/http2.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const shape = { connections: 8, streams: 16 };
const seconds = 3;

/**
 * What other services speak. h2load sends the same request every time, so it issues without a limit per user; a client of our own sends a
 * new user with every request, limit 1, and measures the echo beside it. Both have to reach the line.
 */
export const grpc: Benchmark = {
  title: "IssueCoupon, gRPC over HTTP/2 in the clear",
  about: `${shape.connections} connections, ${shape.streams} calls at a time on each. *users* sends a new user with every request, limit 1, by a client of our own; the others send one request again and again, without a limit, by h2load where it is installed.`,
  async run({ rounds }) {
    const users = withNewUsers(shape);
    const h2load = byH2loadIfInstalled(shape);
    const drive = h2load ?? users;
    await using field = new Field();
    const stand = await field.stand();
    const contenders = {
      echo: await field.yardstick("echo-http2", drive),
      nothing: await field.yardstick("nothing-http2", drive),
      issue: await field.issuing(stand, "issue", drive, 0),
      "users: echo": await field.yardstick("echo-http2", users),
      "users: issue": await field.issuing(stand, "users", users),
    };
    // "ok" is no answer that our own client takes for one.
    const bare = h2load && { bare: await field.yardstick("bare-http2", h2load) };
    const turns = await takeTurns<keyof typeof contenders>({ ...bare, ...contenders }, { rounds, seconds });
    return {
      settings: { generators: [drive.generator, users.generator], rounds, seconds, ...shape },
      lines: [
        atLeast(`issue ÷ echo, by ${drive.generator}`, ratios(turns.issue, turns.echo), 0.8),
        atLeast(
          "issue ÷ echo, a new user each, limit 1",
          ratios(turns["users: issue"], turns["users: echo"]),
          0.8,
        ),
        atLeast("issue ÷ connect-node doing nothing", ratios(turns.issue, turns.nothing), 2.5),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: {},
    };
  },
};
