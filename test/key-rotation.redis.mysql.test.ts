import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CampaignService } from "../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../src/gen/allot/v1/draw_pb.js";
import { startAllot } from "./servers/allot.ts";
import { freshDatabase } from "./servers/fresh-database.ts";
import { freshRedis } from "./servers/fresh-redis.ts";
import type { TestServer } from "./servers/test-server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const endTime = timestampFromMs(Date.now() + 3_600_000);

/** Keys change while calls go on; a call that fails is a failed test. */
describe("rotation without downtime", () => {
  let env: Record<string, string>;
  const servers: TestServer[] = [];
  let apiKey: string;

  beforeEach(async () => {
    const [redis, mysqlUrl] = [await freshRedis(), await freshDatabase()];
    env = { REDIS_URL: redis.url, MYSQL_URL: mysqlUrl, ALLOT_PARTITIONS: "2", ALLOT_AUTH: "keys" };
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  const masterKey = () => randomBytes(32).toString("base64");
  const allot = async (args: string[], settings: Record<string, string>) => {
    const run = promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, ...env, ...settings },
    });
    return (await run).stdout.trim();
  };
  const start = async (settings: Record<string, string>) => {
    const server = await startAllot({ env: { ...env, ...settings } });
    servers.push(server);
    return server;
  };
  const clientsOf = ({ url }: TestServer) => {
    const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
    const headers = () => ({ headers: { authorization: `Bearer ${apiKey}` } });
    const [campaigns, coupons, draws] = [CampaignService, CouponService, DrawService].map((service) =>
      createClient(service as typeof CampaignService & typeof CouponService & typeof DrawService, transport),
    );
    return { campaigns: campaigns!, coupons: coupons!, draws: draws!, headers };
  };

  /** Calls until stopped, each at the next of the servers; some need keys that were wrapped right before, by another one, some the oldest. */
  function callOn(live: () => TestServer[]) {
    let at = 0;
    const next = () => clientsOf(live()[at++ % live().length]!);
    let stopped = false;
    let calls = 0;
    const codes = new Map<string, string>();
    async function once(i: number) {
      if (i % 10 === 0) {
        // A format of its own has a key of its own, and draws have a secret.
        const id = `c${i}`;
        const mechanic = { case: "instantWin" as const, value: {} };
        const prizes = [{ id: "p", oddsPpm: 1_000_000 }];
        const codeFormat = { prefix: `R${String(i).padStart(4, "0")}` };
        const { campaigns, headers } = next();
        await campaigns.createCampaign(
          { campaign: { id, endTime, mechanic, prizes, codeFormat } },
          headers(),
        );
      }
      const campaignId = `c${i - (i % 10)}`;
      for (const id of new Set([campaignId, "c0"])) {
        const { coupons, draws, headers } = next();
        const { outcome } = await draws.draw({ campaignId: id, userId: `u${i % 10}` }, headers());
        if (outcome.case !== "draw") throw new Error("no draw");
        const { code } = outcome.value.coupon!;
        // The same user has the same code whatever wraps the key that it is made with.
        expect(codes.get(`${id} u${i % 10}`) ?? code).toBe(code);
        codes.set(`${id} u${i % 10}`, code);
        await coupons.getCoupon({ code }, headers());
      }
      calls++;
    }
    const running = (async () => {
      for (let i = 0; !stopped; i++) await once(i);
    })();
    return {
      /** So many calls more. */
      async more(count: number) {
        const until = calls + count;
        await Promise.race([expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(until), running]);
      },
      async stop() {
        stopped = true;
        await running;
        return calls;
      },
    };
  }

  test("of the master key: both, rewrap, the new one", { timeout: 120_000 }, async () => {
    const [oldKey, newKey] = [masterKey(), masterKey()];
    const onlyOld = { ALLOT_MASTER_KEY: oldKey };
    const both = { ALLOT_MASTER_KEY: newKey, ALLOT_MASTER_KEY_OLD: oldKey };
    const onlyNew = { ALLOT_MASTER_KEY: newKey };
    apiKey = await allot(["keys", "create", "--name", "test", "--role", "manager"], onlyOld);
    let live = [await start(onlyOld)];
    const load = callOn(() => live);
    await load.more(8);
    /** The next server takes over before the last one ends, as in a rolling restart. */
    const roll = async (settings: Record<string, string>) => {
      const [before, next] = [live[0]!, await start(settings)];
      live = [before, next];
      await load.more(13);
      live = [next];
      await load.more(8);
      await before.shutdown();
    };
    await roll(both);
    expect(await allot(["keys", "rewrap"], both)).toMatch(
      /^[1-9]\d+ keys were wrapped by the old master key/,
    );
    await load.more(8);
    await roll(onlyNew);
    expect(await load.stop()).toBeGreaterThan(50);
    expect(await allot(["keys", "rewrap"], both)).toMatch(/^0 keys/);
    const stopped = await allot(["webhooks", "list"], onlyOld).catch((error) => error.stderr);
    expect(stopped).toContain("The master key is not the one");
  });

  test("of an API key: the new one, then revoke the old one", { timeout: 60_000 }, async () => {
    const settings = { ALLOT_MASTER_KEY: masterKey() };
    const create = (name: string) => allot(["keys", "create", "--name", name, "--role", "manager"], settings);
    const first = await create("first");
    apiKey = first;
    const server = await start(settings);
    const load = callOn(() => [server]);
    await load.more(8);
    apiKey = await create("second");
    await load.more(8);
    await allot(["keys", "revoke", first.split("_")[1]!], settings);
    const refused = async () => {
      const { campaigns } = clientsOf(server);
      const headers = { authorization: `Bearer ${first}` };
      return campaigns.getCampaign({ campaignId: "c0" }, { headers }).then(() => "taken", String);
    };
    await expect.poll(refused).toContain("There is no such API key, or it was revoked.");
    await load.more(8);
    expect(await load.stop()).toBeGreaterThan(30);
  });
});
