import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startChromium } from "./browser/chromium.ts";
import { startPage } from "./browser/page-server.ts";
import { type Clients, clientsOf } from "./client.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

const HOUR_MS = 3_600_000;

let site: TestServer;
let server: TestServer;
let clients: Clients;
let browser: { context: BrowserContext; stop(): Promise<void> };
let page: Page;
const broken: Error[] = [];

beforeAll(async () => {
  site = await startPage();
  server = await startAllot({ env: { ALLOT_CORS_ORIGINS: site.url } });
  clients = clientsOf(server.url);
  browser = await startChromium();
}, 180_000);
afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await site?.stop();
});

beforeEach(async () => {
  page = await browser.context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => broken.push(error));
});
afterEach(async () => {
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.close();
  expect(broken.splice(0)).toEqual([]);
});

const visit = (parameters: Record<string, string>, origin = site.url) =>
  page.goto(`${origin}/?${new URLSearchParams({ server: server.url, ...parameters })}`);

/** What the page says after a click on its button: the kind of answer, the sentence, the code. */
async function ask() {
  await page.click("#ask");
  return await answer();
}

async function answer() {
  await page.waitForSelector("#ask:enabled");
  const [kind, note, code, detail] = await Promise.all([
    page.getAttribute("#answer", "data-kind"),
    page.textContent("#note"),
    page.textContent("#code"),
    page.textContent("#detail"),
  ]);
  return { kind, note, code, detail };
}

async function campaign(settings: { perUser?: number; startMs?: number } = {}): Promise<string> {
  const { perUser = 0, startMs = Date.now() - HOUR_MS } = settings;
  const created = await clients.campaigns.createCampaign({
    campaign: {
      startTime: timestampFromMs(startMs),
      endTime: timestampFromMs(startMs + 48 * HOUR_MS),
      prizes: [{ quota: 5 }],
      limits: { perUser },
    },
  });
  return created.campaign!.id;
}

test("from making a campaign to its last coupon, shown again to whoever has it and refused to others", async () => {
  await visit({});
  await page.fill("#name", "Free coffee");
  await page.fill("#quota", "1");
  await page.click("#making button");
  await expect.poll(() => page.textContent("#stock")).toContain("1 of 1 left");
  expect(await page.textContent("#title")).toBe("Free coffee");

  const first = await ask();
  expect(first).toMatchObject({ kind: "coupon", note: "Yours" });
  const { coupon } = await clients.coupons.getCoupon({ code: first.code! });
  expect(coupon).toMatchObject({
    code: first.code,
    campaignId: new URL(page.url()).searchParams.get("campaign"),
    userId: await page.textContent("#user"),
  });
  expect(await page.textContent("#stock")).toContain("0 of 1 left");

  const again = { kind: "replay", note: "Already yours: the same code as before", code: first.code };
  expect(await ask()).toMatchObject(again);
  await page.reload();
  expect(await ask()).toMatchObject(again);

  await page.click("#somebody-else");
  expect(await answer()).toMatchObject({ kind: "", code: "" });
  expect(await ask()).toMatchObject({
    kind: "refusal",
    note: "All gone: every coupon has found somebody.",
    code: "",
  });
});

test("a campaign that is still to come says when", async () => {
  await visit({ campaign: await campaign({ startMs: Date.UTC(2040, 4, 1, 3, 0) }) });
  expect(await ask()).toMatchObject({
    kind: "refusal",
    note: "It has not started yet.",
    // In the visitor's zone, Seoul.
    detail: "Ask again on 1 May 2040, 12:00.",
  });
});

test("an answer that got lost is made up for by asking again: one coupon, not two", async () => {
  const campaignId = await campaign();
  await visit({ campaign: campaignId });
  await page.route(
    "**/IssueCoupon",
    async (route) => {
      if (route.request().method() === "POST") await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  expect(await ask()).toMatchObject({ kind: "trouble", code: "" });
  const second = await ask();
  expect(second).toMatchObject({ kind: "replay" });
  expect((await clients.all(campaignId)).map(({ code }) => code)).toEqual([second.code]);
  // The wish after that is another one.
  const third = await ask();
  expect(third).toMatchObject({ kind: "coupon" });
  expect(third.code).not.toBe(second.code);
});

test("a campaign that is not there, and an origin that the server does not name, are told in words", async () => {
  await visit({ campaign: "nothing-here" });
  await expect.poll(answer).toMatchObject({ kind: "trouble", note: "There is no such campaign." });

  const stranger = site.url.replace("127.0.0.1", "localhost");
  await visit({ campaign: await campaign() }, stranger);
  await expect.poll(answer).toMatchObject({ kind: "trouble", note: "The server can't be reached." });
  expect((await answer()).detail).toContain(`ALLOT_CORS_ORIGINS name ${stranger}?`);
});
