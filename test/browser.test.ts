import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startChromium } from "./browser/chromium.ts";
import { startPage } from "./browser/page-server.ts";
import { answer, ask, figures } from "./browser/page-view.ts";
import { type PoolClients, poolClientsOf } from "./code-pools/pool-clients.ts";
import { startAllot } from "./servers/allot.ts";
import { TcpProxy } from "./servers/tcp-proxy.ts";
import type { TestServer } from "./servers/test-server.ts";

const HOUR_MS = 3_600_000;

let site: TestServer;
let server: TestServer;
let clients: PoolClients;
let browser: { context: BrowserContext; stop(): Promise<void> };
let page: Page;
const broken: string[] = [];
/** What the browser itself says of requests that a test makes fail. */
let foreseen: RegExp | undefined;

beforeAll(async () => {
  site = await startPage();
  server = await startAllot({ env: { ALLOT_CORS_ORIGINS: site.url } });
  clients = poolClientsOf(server.url);
  browser = await startChromium();
}, 180_000);
afterAll(async () => {
  await browser?.stop();
  await server?.stop();
  await site?.stop();
});

beforeEach(async () => {
  foreseen = undefined;
  page = await browser.context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => broken.push(String(error)));
  page.on("console", (message) => {
    const isWrong = message.type() === "error" || message.type() === "warning";
    if (isWrong && !foreseen?.test(message.text())) broken.push(message.text());
  });
});
afterEach(async () => {
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.close();
  expect(broken.splice(0)).toEqual([]);
});

const visit = (parameters: Record<string, string>, origin = site.url) =>
  page.goto(`${origin}/?${new URLSearchParams({ server: server.url, ...parameters })}`);

async function campaign(settings: object = {}, startMs = Date.now() - HOUR_MS): Promise<string> {
  const created = await clients.campaigns.createCampaign({
    campaign: {
      startTime: timestampFromMs(startMs),
      endTime: timestampFromMs(startMs + 48 * HOUR_MS),
      prizes: [{ name: "A mug", quota: 5 }],
      ...settings,
    },
  });
  return created.campaign!.id;
}

const idInAddress = () => new URL(page.url()).searchParams.get("campaign")!;

test("from making a campaign to its last coupon, shown again to whoever has it and refused to others", async () => {
  await visit({});
  await page.fill("#name", "Free coffee");
  await page.fill("#quota", "1");
  await page.click("#making button");
  await expect.poll(() => figures(page)).toMatchObject({ live: "Live", left: "1 left" });
  expect(await page.textContent("#title")).toBe("Free coffee");

  const first = await ask(page);
  expect(first).toMatchObject({ kind: "won", again: false, note: "Yours: Free coffee" });
  const { coupon } = await clients.coupons.getCoupon({ code: first.code! });
  expect(coupon).toMatchObject({
    code: first.code,
    campaignId: idInAddress(),
    userId: await page.textContent("#user"),
  });
  await expect.poll(() => figures(page)).toMatchObject({ left: "0 left" });

  const note = "Already yours: the same code as before";
  const again = { kind: "won", again: true, note, code: first.code };
  expect(await ask(page)).toMatchObject(again);
  await page.reload();
  expect(await ask(page)).toMatchObject(again);

  await page.click("#somebody-else");
  expect(await answer(page)).toMatchObject({ kind: "", code: "" });
  const refused = { kind: "refusal", note: "All gone: each has found somebody.", code: "" };
  expect(await ask(page)).toMatchObject(refused);
});

test("a campaign that is still to come says when", async () => {
  await visit({ campaign: await campaign({}, Date.UTC(2040, 4, 1, 3, 0)) });
  expect(await ask(page)).toMatchObject({
    kind: "refusal",
    note: "It has not started yet.",
    // In the visitor's zone, Seoul.
    detail: "Ask again on 1 May 2040, 12:00.",
  });
});

test("an answer that got lost is made up for by asking again: one coupon, not two", async () => {
  const campaignId = await campaign();
  await visit({ campaign: campaignId });
  foreseen = /Failed to load resource/;
  await page.route(
    "**/IssueCoupon",
    async (route) => {
      if (route.request().method() === "POST") await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  expect(await ask(page)).toMatchObject({ kind: "trouble", code: "" });
  const second = await ask(page);
  expect(second).toMatchObject({ kind: "won", again: true });
  expect((await clients.all(campaignId)).map(({ code }) => code)).toEqual([second.code]);
  // The wish after that is another one.
  const third = await ask(page);
  expect(third).toMatchObject({ kind: "won", again: false });
  expect(third.code).not.toBe(second.code);
});

test("a campaign that is not there, and an origin that the server does not name, are told in words", async () => {
  foreseen = /Failed to load resource|blocked by CORS policy/;
  await visit({ campaign: "nothing-here" });
  const trouble = (note: string) => ({ kind: "trouble", note });
  await expect.poll(() => answer(page)).toMatchObject(trouble("There is no such campaign."));
  expect(await figures(page)).toMatchObject({ live: "Not connected" });

  const stranger = site.url.replace("127.0.0.1", "localhost");
  await visit({ campaign: await campaign() }, stranger);
  await expect.poll(() => answer(page)).toMatchObject(trouble("The server can't be reached."));
  expect((await answer(page)).detail).toContain(`ALLOT_CORS_ORIGINS name ${stranger}?`);
});

describe("each mechanic", () => {
  test.each([
    ["instantWin", /won|nothing/],
    ["raffle", /in/],
    ["lottery", /in/],
  ])("%s, from making the campaign to an answer", async (mechanic, kind) => {
    await visit({});
    await page.selectOption("#mechanic", mechanic);
    await page.click("#making button");
    const first = await ask(page);
    expect(first).toMatchObject({ kind: expect.stringMatching(kind), again: false });
    const made = await clients.campaigns.getCampaign({ campaignId: idInAddress() });
    expect(made.campaign).toMatchObject({ mechanic: { case: mechanic }, timeZone: "Asia/Seoul" });
    expect(await ask(page)).toMatchObject({ kind: first.kind, again: true, code: first.code });
  });

  test("a draw is a prize with its code, or no prize, and stays what it was", async () => {
    const mechanic = { case: "instantWin", value: {} };
    const prizes = [{ name: "A mug", quota: 1, oddsPpm: 1_000_000 }];
    const campaignId = await campaign({ mechanic, prizes });
    await visit({ campaign: campaignId });
    const won = await ask(page);
    expect(won).toMatchObject({ kind: "won", note: "Yours: A mug" });
    expect((await clients.coupons.getCoupon({ code: won.code! })).coupon).toMatchObject({ campaignId });

    await page.click("#somebody-else");
    expect(await ask(page)).toMatchObject({ kind: "nothing", note: "No prize this time", code: "" });
    expect(await ask(page)).toMatchObject({ kind: "nothing", again: true });
    const rows = { "Prizes won": "1", "Draws without a prize": "1", "Asked again, same answer": "1" };
    await expect.poll(() => figures(page)).toMatchObject({ left: "0 left", rows });
  });

  test("a ticket is a number and a code, and shows what it won when that is drawn", async () => {
    const mechanic = { case: "raffle", value: { tickets: 1 } };
    const campaignId = await campaign({ mechanic, prizes: [{ name: "A car", quota: 1 }] });
    await visit({ campaign: campaignId });
    const { code, ...claimed } = await ask(page);
    expect(claimed).toMatchObject({ kind: "in", note: "Ticket 1 is yours" });
    const { ticket } = await clients.raffles.verifyTicket({ campaignId, number: 1, code: code! });
    expect(ticket!.userId).toBe(await page.textContent("#user"));
    expect(await ask(page)).toMatchObject({ kind: "in", note: "Ticket 1 is already yours", code });
    await clients.raffles.drawWinners({ campaignId });
    expect(await ask(page)).toMatchObject({ kind: "won", note: "Ticket 1 won: A car", code });
  });

  test("a ballot is in its round", async () => {
    const campaignId = await campaign({ mechanic: { case: "lottery", value: {} } });
    await visit({ campaign: campaignId });
    const { code, ...submitted } = await ask(page);
    expect(submitted).toMatchObject({ kind: "in", note: "Your ballot is in" });
    const { round } = await clients.lotteries.getRound({ campaignId });
    const listed = () => clients.lotteries.listBallots({ campaignId, date: round!.date });
    await expect.poll(async () => (await listed()).ballots.map(({ id }) => id)).toEqual([code]);
    await expect.poll(() => figures(page)).toMatchObject({ left: "1 so far", rows: { Ballots: "1" } });
  });

  test("a pool's code is the user's", async () => {
    const campaignId = await campaign({ mechanic: { case: "codePool", value: {} }, prizes: [] });
    await clients.generate(campaignId, 2);
    await visit({ campaign: campaignId });
    const { code } = await ask(page);
    const [found] = await clients.codes(campaignId, [], { code });
    expect(found!.userId).toBe(await page.textContent("#user"));
    expect(await ask(page)).toMatchObject({ kind: "won", again: true, code });
    await expect.poll(() => figures(page)).toMatchObject({ left: "1 left" });
  });
});

describe("live figures", () => {
  const take = (campaignId: string, users: number[]) =>
    Promise.all(users.map((i) => clients.coupons.issueCoupon({ campaignId, userId: `user-${i}` })));

  test("change while others take coupons, ask again and are refused", async () => {
    const campaignId = await campaign({ limits: { perUser: 1 } });
    await visit({ campaign: campaignId });
    await expect.poll(() => figures(page)).toMatchObject({ left: "5 left", rows: { "Coupons given": "0" } });
    await take(campaignId, [1, 2]);
    await expect.poll(async () => Number((await figures(page)).rows["Given a second"])).toBeGreaterThan(0);
    await take(campaignId, [1, 3, 4, 5]);
    await take(campaignId, [6, 7, 8]);
    const rows = { "Coupons given": "5", "Asked again, same answer": "1", "All gone": "3" };
    await expect.poll(() => figures(page)).toMatchObject({ left: "0 left", rows });
    await clients.campaigns.endCampaign({ campaignId });
    await expect.poll(async () => (await figures(page)).terms).toContain("It is over.");
  });

  test("come back after the connection was cut, and the answer stays", async () => {
    const campaignId = await campaign({ limits: { perUser: 1 } });
    const proxy = await TcpProxy.start(server.port);
    try {
      await visit({ campaign: campaignId, server: `http://127.0.0.1:${proxy.port}` });
      const mine = await ask(page);
      await expect.poll(() => figures(page)).toMatchObject({ live: "Live", left: "4 left" });
      foreseen = /Failed to load resource/;
      proxy.cut();
      await expect.poll(() => figures(page)).toMatchObject({ live: "Reconnecting", left: "4 left" });
      await take(campaignId, [1, 2]);
      proxy.open();
      await expect.poll(() => figures(page)).toMatchObject({ live: "Live", left: "2 left" });
      expect(await answer(page)).toEqual(mine);
    } finally {
      await proxy.stop();
    }
  });

  test("are let go of by a page that nobody looks at, and are there again when somebody does", async () => {
    const campaignId = await campaign();
    await visit({ campaign: campaignId });
    await expect.poll(() => figures(page)).toMatchObject({ live: "Live", left: "5 left" });
    const turn = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { configurable: true, value });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/WatchCampaign"));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await turn(true);
    await ended;
    await take(campaignId, [1, 2]);
    expect(asked).toEqual([]);
    await turn(false);
    await expect.poll(() => figures(page)).toMatchObject({ live: "Live", left: "3 left" });
  });
});

test("fits a narrow phone, and keeps the keyboard where it was", async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  const tooWide = () =>
    page.$$eval("html, main *", (elements) =>
      elements.filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0).map(({ id }) => id),
    );
  await visit({});
  expect(await tooWide()).toEqual([]);
  await visit({ campaign: await campaign({ mechanic: { case: "lottery", value: {} } }) });
  await page.waitForSelector('#ask[aria-disabled="false"]');
  await page.focus("#ask");
  await page.keyboard.press("Enter");
  await expect.poll(() => answer(page)).toMatchObject({ kind: "in" });
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("ask");
  expect(await tooWide()).toEqual([]);
});
