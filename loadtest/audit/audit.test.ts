import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { coupons } from "../mechanic/coupon/coupons.ts";
import { Naming } from "../record/naming.ts";
import { connectClients } from "../target/clients.ts";
import { startSmallServer } from "../testing/small-server.ts";
import { SmallService } from "../testing/small-service.ts";
import { audit } from "./audit.ts";

const campaign = create(CampaignSchema, {
  id: "c",
  startTime: { seconds: 1n },
  endTime: { seconds: 4_000_000_000n },
  prizes: [{ id: "p1", quota: 10_000 }],
});

const auditOf = async (prepare: (service: SmallService) => void, stopped: boolean) => {
  const server = await startSmallServer("http1");
  const service = new SmallService(campaign, undefined);
  prepare(service);
  server.services.set("c", service);
  server.campaigns.set("c", campaign);
  if (stopped) server.close();
  const clients = connectClients(`http://127.0.0.1:${server.port}`, undefined, "connect");
  const naming = new Naming("t");
  const checks = await audit({
    clients,
    mechanic: coupons,
    play: await coupons.open({ clients, campaign, naming, quota: 10_000, users: 0 }),
    before: service.rows.length === 0 ? campaign : { ...campaign, stats: service.stats() },
    journals: [],
    naming,
    users: 0,
    mysqlUrl: undefined,
    openTables: undefined,
    addressOf: () => undefined,
  });
  server.close();
  return checks;
};

const issue = (coupons: number) => (service: SmallService) => {
  for (let user = 0; user < coupons; user++)
    service.issue({ userId: `${user}`, requestId: "", address: "", prizeId: "" });
};

test("a ledger of several pages is read to its end", async () => {
  const checks = await auditOf(issue(2_345), false);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks.find(({ name }) => name.includes("store counts"))?.detail).toContain("2,345 rows");
});

test("an audit that can't be carried out is failed", async () => {
  expect(await auditOf(issue(0), true)).toMatchObject([
    { passed: false, name: "the audit could be carried out" },
  ]);
});
