import { startAllot } from "../test/servers/allot.ts";
import { load } from "./load.ts";
import type { Bench } from "./result.ts";

const quota = 100_000;
const requests = 300_000;
const users = 200_000;
const connections = 256;

/** The stampede: everyone at start_time, flat out, until all is gone and then some. */
export const sale: Bench = async (servers) => {
  const server = await startAllot({ env: servers });
  try {
    const report = await load(server.url, servers.MYSQL_URL, [
      ...["--scenario", "flash-sale", "--closed", "--quota", String(quota), "--users", String(users)],
      ...["--requests", String(requests), "--connections", String(connections)],
    ]);
    const { coupons } = report.load;
    return {
      settings: { quota, requests, users, connections, protocol: "connect", loop: "closed" },
      lines: [
        {
          what: "audit, with exactly the quota issued",
          measured: report.verdict.word,
          bound: "PASS",
          passed: report.verdict.passed,
        },
        { what: "failed", measured: `${report.load.errors}`, bound: "0", passed: report.load.errors === 0 },
      ],
      figures: { load: report.load, answersWithCoupon: coupons, outcomes: report.outcomes },
    };
  } finally {
    await server.stop();
  }
};
