import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test } from "vitest";
import { clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";
import { freePort } from "./servers/free-port.ts";

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const run = promisify(execFile);

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The example as users start it; what it says, line by line. */
async function startReceiver(port: number, secret: string, file: string) {
  const child = spawn(process.execPath, [path("examples/webhook-receiver/receiver.ts"), String(port), file], {
    env: { ...process.env, WEBHOOK_SECRET: secret },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  cleanUps.push(kill);
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  await expect.poll(() => lines[0]).toBe("waiting for events");
  return { lines, kill };
}

test("the example tells each user once, though it is killed and events come twice", {
  timeout: 60_000,
}, async () => {
  await using server = await startAllot();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const env = { ...process.env, ALLOT_DATA: join(server.dir, "data") };
  const allot = async (...args: string[]) =>
    (await run(process.execPath, [path("src/main.ts"), "webhooks", ...args], { env })).stdout;
  const secret = (await allot("add", url)).trim();
  const file = join(server.dir, "inbox.db");
  const first = await startReceiver(port, secret, file);

  const { campaigns, coupons } = clientsOf(server.url);
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  await campaigns.createCampaign({
    campaign: { id: "c", endTime, prizes: [{ quota: 10 }], limits: { perUser: 1 } },
  });
  const told: string[] = [];
  const issue = async (userId: string) => {
    const { outcome } = await coupons.issueCoupon({ campaignId: "c", userId });
    if (outcome.case !== "coupon") throw new Error(outcome.case);
    told.push(`to ${userId}: Your coupon is ${outcome.value.code}.`);
  };
  const words = (lines: string[]) =>
    lines.filter((line) => line.startsWith("to ")).map((line) => line.replace(/ \[.*/, ""));

  await issue("a");
  await issue("b");
  await expect.poll(() => words(first.lines)).toEqual(told);
  await first.kill();
  await issue("c");
  const second = await startReceiver(port, secret, file);
  await expect.poll(() => words(second.lines), { timeout: 30_000 }).toEqual(told.slice(2));

  const send = async (key: string, id: string, body: string) => {
    const now = new Date();
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(key).sign(id, now, body),
    };
    return (await fetch(url, { method: "POST", headers, body })).status;
  };
  const event = (id: string, userId: string) =>
    JSON.stringify({ id, type: "allot.coupon.issued", data: { userId, code: "X" } });
  const id = /\[(.*)\]/.exec(second.lines.at(-1)!)![1]!;
  expect(await send(secret, id, event(id, "repeated"))).toBe(204);
  expect(
    await send(`whsec_${Buffer.alloc(32).toString("base64")}`, "forged", event("forged", "forged")),
  ).toBe(401);
  expect(await send(secret, "new", event("new", "d"))).toBe(204);
  await expect.poll(() => words(second.lines)).toEqual([...told.slice(2), "to d: Your coupon is X."]);
  const [endpoint] = (await allot("list")).split(" ");
  expect(await allot("test", endpoint!)).toContain("it answered 204");
});
