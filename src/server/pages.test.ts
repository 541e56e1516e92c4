import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop(1_000));

const get = (path: string) => fetch(target.url + path);

test("/readyz follows readiness and says what is in the way; /healthz does not", async () => {
  target.readiness.block("store", "Redis does not answer");
  target.readiness.block("ledger", "MySQL does not answer");
  const notReady = await get("/readyz");
  expect(notReady.status).toBe(503);
  const reasons = { store: "Redis does not answer", ledger: "MySQL does not answer" };
  expect(await notReady.json()).toEqual({ status: "not ready", reasons });
  expect((await get("/healthz")).status).toBe(200);

  target.readiness.clear("store");
  expect((await get("/readyz")).status).toBe(503);
  target.readiness.clear("ledger");
  const ready = await get("/readyz");
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", reasons: {} }]);
});

test("/metrics is what Prometheus reads", async () => {
  target.metrics.outboxBytes.set({ partition: "p03" }, 17);
  const response = await get("/metrics");
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/);
  const text = await response.text();
  for (const name of [
    "allot_requests_total",
    "allot_request_duration_seconds",
    "allot_batch_size",
    "allot_grants_total",
  ]) {
    expect(text).toContain(`# TYPE ${name} `);
  }
  expect(text).toContain('allot_outbox_bytes{partition="p03"} 17\n');
  expect(text).toContain("process_cpu_seconds_total");
});

test("the commands on the front page work when pasted", async () => {
  const commands = (await (await get("/")).text()).match(/^ {2}curl .*$/gm) ?? [];
  expect(commands).toHaveLength(2);
  const answers = [];
  for (const command of commands) answers.push((await promisify(execFile)("sh", ["-c", command])).stdout);
  expect(answers.map((answer) => JSON.parse(answer))).toMatchObject([
    { campaign: { id: "hello" } },
    { coupon: { campaignId: "hello", userId: "me" } },
  ]);
});

test("pages are for reading, and others are not there", async () => {
  const response = await fetch(`${target.url}/readyz`, { method: "POST" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await fetch(`${target.url}/healthz`, { method: "HEAD" })).status).toBe(200);
  for (const path of ["/nothing", "/toString", "/__proto__", "//", "/readyz/"])
    expect((await get(path)).status).toBe(404);
  expect((await get("/readyz?verbose")).status).toBe(200);
});
