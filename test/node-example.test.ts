import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PoolCode_State } from "../src/gen/allot/v1/code_pool_pb.js";
import { Coupon_State } from "../src/gen/allot/v1/coupon_pb.js";
import { type PoolClients, poolClientsOf } from "./code-pools/pool-clients.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

let server: TestServer;
let clients: PoolClients;
beforeAll(async () => {
  server = await startAllot();
  clients = poolClientsOf(server.url);
});
afterAll(() => server.stop());

/** The lines that an example writes. */
async function run(name: string): Promise<string[]> {
  const example = fileURLToPath(new URL(`../examples/node/${name}.ts`, import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example, server.url]);
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

const couponOf = async (code: string) => (await clients.coupons.getCoupon({ code })).coupon!;

/** The campaign that was made last. */
async function latest() {
  const { campaigns } = await clients.campaigns.listCampaigns({ pageSize: 1 });
  return campaigns[0]!;
}

test("one coupon by Connect and another by gRPC", async () => {
  const codes = await run("issue");
  expect(new Set(codes).size).toBe(2);
  const coupons = await Promise.all(codes.map(couponOf));
  expect(coupons.map(({ userId }) => userId)).toEqual(["user-0", "user-1"]);
});

test("a draw for each user, and the same one again", async () => {
  const lines = await run("draw");
  expect(lines).toHaveLength(6);
  for (const i of [0, 2, 4]) expect(lines[i + 1]).toBe(`${lines[i]} (as before)`);
  const { id: campaignId } = await latest();
  const drawn = async () => (await clients.draws.listDraws({ campaignId })).draws.length;
  await expect.poll(drawn).toBe(3);
});

test("three tickets, of which one wins", async () => {
  const lines = await run("raffle");
  expect(lines).toHaveLength(4);
  const [, number, userId] = /^ticket (\d) won the car, and is (\w+)'s$/.exec(lines[3]!)!;
  expect(lines.slice(0, 3)).toContainEqual(expect.stringContaining(`${userId} has ticket ${number}, code `));
  const { winners } = await clients.raffles.listWinners({ campaignId: (await latest()).id });
  expect(winners).toMatchObject([{ ticketNumber: Number(number), userId, prizeId: "car" }]);
});

test("two ballots and no third", async () => {
  const lines = await run("lottery");
  expect(lines).toEqual([
    expect.stringMatching(/^ballot 1: \w{20}$/),
    expect.stringMatching(/^ballot 2: \w{20}$/),
    "not any more today",
    expect.stringMatching(/^the round of [\d-]+ is OPEN and draws its winner at .+T15:00:00.000Z$/),
  ]);
  const { id: campaignId } = await latest();
  const date = /[\d-]{10}/.exec(lines[3]!)![0];
  const ballots = async () => (await clients.lotteries.listBallots({ campaignId, date })).ballots;
  await expect.poll(async () => (await ballots()).length).toBe(2);
});

test("codes that were made, and codes that were brought along", async () => {
  const [, , made, ofMade, ...brought] = await run("code-pool");
  expect(made).toBe("made 250000 of 250000");
  expect(await couponOf(ofMade!.replace("ada: ", ""))).toMatchObject({ userId: "ada" });
  expect(brought).toEqual(["brought 3", "ada: SUMMER-1", "free: SUMMER-2 SUMMER-3"]);
  const [one] = await clients.codes((await latest()).id, [], { code: "SUMMER-1" });
  expect(one).toMatchObject({ userId: "ada", state: PoolCode_State.ASSIGNED });
});

test("a coupon is paid with once", async () => {
  expect(await run("redeem")).toEqual([
    "order-1, by another user: NOT_OWNER",
    "order-2, payment fails: given up",
    "order-3: paid",
    "order-4: ALREADY_REDEEMED",
  ]);
  const [coupon] = await clients.all((await latest()).id);
  expect(coupon).toMatchObject({ state: Coupon_State.REDEEMED, orderId: "order-3" });
});

test("live figures until the campaign ends", async () => {
  const lines = await run("watch");
  expect(lines[0]).toBe("0 given, 3 left, 0 refused");
  expect(lines.at(-1)).toBe("3 given, 0 left, 1 refused");
});
