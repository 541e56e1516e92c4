import { must } from "./line.ts";
import { load, verdicts } from "./load.ts";
import type { Benchmark } from "./result.ts";
import { Stand } from "./stand/stand.ts";

const quota = 100_000;
const requests = 300_000;
const users = 200_000;
const connections = 256;

/** The stampede: everyone at start_time, flat out, until all is gone and then some. */
export const sale: Benchmark = {
  title: "A flash sale",
  about: `${requests.toLocaleString("en")} requests of ${users.toLocaleString("en")} users for ${quota.toLocaleString("en")} coupons, flat out over ${connections} connections, by the load test.`,
  async run() {
    await using stand = await Stand.open();
    const report = await load(stand, [
      ...["--scenario", "flash-sale", "--closed", "--quota", String(quota), "--users", String(users)],
      ...["--requests", String(requests), "--connections", String(connections)],
    ]);
    const { errors } = report.load;
    const coupons = report.outcomes.find(({ outcome }) => outcome === "coupon: new")?.count ?? 0;
    return {
      settings: { generator: "load test", quota, requests, users, connections, loop: "closed" },
      lines: [
        ...verdicts(report),
        must("coupons", coupons.toLocaleString("en"), "exactly the quota", coupons === quota),
        must("failed", String(errors), "0", errors === 0),
      ],
      figures: { load: report.load, outcomes: report.outcomes },
    };
  },
};
