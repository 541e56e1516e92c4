import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Campaign } from "../campaign/campaign.ts";
import { EVENT_TYPES } from "../events/event-type.ts";
import { secretText } from "../events/sign.ts";
import { openSecrets, type Secrets } from "../keys/secrets.ts";
import { create, fresh, hash16, NOW_MS } from "../ledger/contract/harness.ts";
import type { Endpoint, Fact } from "../ledger/events.ts";
import { toEntryRow } from "../ledger/sql/entries.ts";
import { appendEvents } from "../ledger/sql/events.ts";
import { type SqliteLedger, sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite, type SqliteDatabase } from "../ledger/sqlite/open.ts";
import { createLogger } from "../log.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { Receiver } from "./webhooks/receiver.fixture.ts";
import { Webhooks } from "./webhooks.ts";

let folder: string;
let database: SqliteDatabase;
let ledger: SqliteLedger;
let secrets: Secrets;
let receiver: Receiver;
let metrics: Metrics;
const running: { service: Webhooks; done: Promise<void> }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-webhooks-"));
  database = openSqlite(folder);
  ledger = sqliteLedger(database);
  secrets = await openSecrets(ledger, randomBytes(32));
  receiver = await Receiver.start();
  metrics = createMetrics();
});
afterEach(async () => {
  for (const { service } of running) service.stop();
  await Promise.all(running.splice(0).map(({ done }) => done));
  await receiver.stop();
  await ledger.close();
  await rm(folder, { recursive: true });
});

function deliver(timing: { timeoutMs?: number; leaseMs?: number } = {}): Webhooks {
  const service = new Webhooks({
    ledger,
    secrets,
    names: {
      texts: (campaign, serials) => serials.map((serial) => `${campaign.id}-code-${serial}`),
      ballotId: (campaign, { number }) => `${campaign.id}-ballot-${number}`,
    },
    metrics,
    log: createLogger("fatal"),
    timing: { pollMs: 20, ...timing },
  });
  running.push({ service, done: service.run() });
  return service;
}

const secret = randomBytes(32);

async function addEndpoint(over: Partial<Endpoint> = {}): Promise<string> {
  const id = fresh("endpoint");
  await ledger.addEndpoint({
    id,
    url: receiver.url,
    types: [...EVENT_TYPES],
    campaignNo: undefined,
    userIds: true,
    wrappedSecret: secrets.wrap("webhook", secret),
    createMs: Date.now(),
    ...over,
  });
  return id;
}

const endpoint = async (id: string) => (await ledger.endpoints()).find((one) => one.id === id)!;

let serials = 0;
let ns = 0;

/** Records coupons as a store would, and returns their events' ids. */
async function issue(campaign: Campaign, count: number, userId = "u"): Promise<string[]> {
  const n = ++ns;
  const entries = Array.from({ length: count }, (_, i) => ({
    ...{ campaignNo: campaign.no, partitionNo: 0, epoch: 1, n, i },
    ...{ prizeNo: 0, revision: 1, spaceNo: campaign.space.no, serial: ++serials },
    ...{ number: 0, drawnNo: undefined, timeMs: NOW_MS + i, userId: `${userId}-${i}`, userHash: hash16("u") },
    ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
  }));
  await database.exclusive(async () => {
    await database.kysely.insertInto("entry").values(entries.map(toEntryRow)).execute();
    const row = { campaign_no: campaign.no, prize_no: 0, partition_no: 0, issued: count };
    await database.kysely
      .insertInto("prize_count")
      .values(row)
      .onConflict((key) => key.doUpdateSet(({ eb }) => ({ issued: eb("prize_count.issued", "+", count) })))
      .execute();
  });
  return entries.map(({ i }) => `${campaign.no}-0-1-${n}-${i}`);
}

const tell = (...facts: Fact[]) =>
  database.exclusive(() => database.kysely.transaction().execute((tx) => appendEvents(tx, facts)));

const closed = (campaign: Campaign): Fact => ({
  campaignNo: campaign.no,
  type: "round.closed",
  data: { date: "2026-11-20", ballots: 7, winners: 1 },
  timeMs: NOW_MS,
});

const arrived = (count: number) => expect.poll(() => receiver.accepted.length).toBeGreaterThanOrEqual(count);

/** A campaign that has not ended yet by the clock on the wall, by which ends are told. */
const going = () => create(ledger, { endMs: Date.now() + 3_600_000 });

describe("webhooks", () => {
  test("everything arrives signed, in order, entries before the facts that were told after them", async () => {
    const campaign = await going();
    await addEndpoint();
    const first = await issue(campaign, 450);
    await tell(closed(campaign), closed(campaign));
    deliver();
    await arrived(452);
    const later = await issue(campaign, 3);
    await arrived(455);
    expect(receiver.ids()).toEqual([...first, `${campaign.no}-1`, `${campaign.no}-2`, ...later]);
    receiver.verify(secretText(secret));
    const { event, headers } = receiver.accepted[0]!;
    expect(headers["webhook-id"]).toBe(event.id);
    expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(event).toMatchObject({ source: `/campaigns/${campaign.id}`, type: "allot.coupon.issued" });
  });

  test("what was there before an endpoint is behind it", async () => {
    const campaign = await going();
    await issue(campaign, 5);
    await tell(closed(campaign));
    await addEndpoint();
    const after = await issue(campaign, 2);
    deliver();
    await arrived(2);
    expect(receiver.ids()).toEqual(after);
  });

  test.each([
    ["answers 500", () => 500],
    ["breaks connections", () => "break" as const],
    ["asks for patience", () => ({ status: 429, headers: { "retry-after": "1" } })],
    ["stalls", () => "hang" as const],
  ])(
    "a receiver that %s gets the same event again until it takes it, and nothing before",
    async (_, trouble) => {
      const campaign = await going();
      const id = await addEndpoint();
      const ids = await issue(campaign, 6);
      receiver.behave = (event, attempt) => (event.id === ids[2] && attempt <= 4 ? trouble() : 200);
      deliver({ timeoutMs: 300 });
      await expect.poll(async () => (await endpoint(id)).failures).toBeGreaterThan(0);
      expect((await endpoint(id)).problem).not.toBe("");
      await arrived(6);
      expect(receiver.ids()).toEqual(ids);
      expect(receiver.turnedAway.map(({ event }) => event.id)).toEqual([ids[2], ids[2]]);
      await expect.poll(async () => (await endpoint(id)).failures).toBe(0);
    },
  );

  test("an event that is refused holds up its own campaign only", async () => {
    const [stuck, other] = [await going(), await going()];
    const id = await addEndpoint();
    const [poison] = await issue(stuck, 2);
    const ids = await issue(other, 120);
    receiver.behave = ({ id }) => (id === poison ? 400 : 200);
    deliver();
    await arrived(120);
    expect(receiver.ids()).toEqual(ids);
    expect(receiver.turnedAway.length).toBeGreaterThan(0);
    const outcomes = (await metrics.webhookDeliveries.get()).values.map(({ labels }) => labels.outcome);
    expect(outcomes.sort()).toEqual(["delivered", "refused"]);
    receiver.behave = () => 200;
    await ledger.changeEndpoint(id, { kind: "retry", nowMs: Date.now() });
    await arrived(122);
  });

  test("410 disables an endpoint until somebody asks for a try: then it goes on where it was", async () => {
    const campaign = await going();
    const id = await addEndpoint();
    const ids = await issue(campaign, 3);
    receiver.behave = (event) => (event.id === ids[1] ? 410 : 200);
    deliver();
    await expect.poll(async () => (await endpoint(id)).disabledMs).toBeGreaterThan(0);
    const more = await issue(campaign, 1);
    receiver.behave = () => 200;
    expect(receiver.ids()).toEqual(ids.slice(0, 1));
    await ledger.changeEndpoint(id, { kind: "retry", nowMs: Date.now() });
    await arrived(4);
    expect(receiver.ids()).toEqual([...ids, ...more]);
  });

  test("an endpoint gets what it asked for, and other campaigns' events go elsewhere", async () => {
    const [mine, other] = [await going(), await going()];
    await addEndpoint({ campaignNo: mine.no, types: ["allot.round.closed"], userIds: false });
    await issue(mine, 1_000);
    await issue(other, 1);
    await tell(closed(other), closed(mine), {
      ...{ campaignNo: mine.no, type: "winners.drawn", data: { tickets: 1, winners: 1 }, timeMs: NOW_MS },
    });
    await tell(closed(mine));
    deliver();
    await arrived(2);
    expect(receiver.ids()).toEqual([`${mine.no}-1`, `${mine.no}-3`]);
  });

  test("while one secret takes the place of another, both sign", async () => {
    const campaign = await going();
    const id = await addEndpoint();
    const next = randomBytes(32);
    await ledger.changeEndpoint(id, {
      kind: "rotate",
      wrappedSecret: secrets.wrap("webhook", next),
      previousUntilMs: Date.now() + 60_000,
    });
    await issue(campaign, 1);
    deliver();
    await arrived(1);
    receiver.verify(secretText(secret));
    receiver.verify(secretText(next));
    expect(() => receiver.verify(secretText(randomBytes(32)))).toThrow("No matching signature");
  });

  test("of two servers one delivers; when it stops, the other goes on where it was", async () => {
    const campaign = await going();
    await addEndpoint();
    const one = deliver();
    const first = await issue(campaign, 30);
    await arrived(5);
    deliver();
    const second = await issue(campaign, 30);
    await arrived(45);
    one.stop();
    const third = await issue(campaign, 30);
    await arrived(90);
    expect(receiver.ids()).toEqual([...first, ...second, ...third]);
  });

  test("the end of a campaign and of a quota are told once, however many look", async () => {
    const ended = await create(ledger, { endMs: Date.now() - 1 });
    const usedUp = await going();
    await addEndpoint();
    await database.kysely
      .updateTable("prize")
      .set({ granted: 100 })
      .where("campaign_no", "=", usedUp.no)
      .execute();
    await Promise.all([1, 2, 3].map(() => ledger.tellOverdue(Date.now())));
    deliver();
    await arrived(2);
    await ledger.tellOverdue(Date.now());
    await tell(closed(usedUp));
    await arrived(3);
    expect(receiver.accepted.map(({ event }) => [event.type, event.subject, event.data]).sort()).toEqual([
      ["allot.campaign.ended", undefined, { campaignId: ended.id, by: "time" }],
      ["allot.quota.exhausted", "coupon", { campaignId: usedUp.id, prizeId: "coupon", quota: 100 }],
      ["allot.round.closed", "2026-11-20", expect.anything()],
    ]);
  });

  test("backlog and age are measured, and gone when all is delivered", async () => {
    const campaign = await going();
    const id = await addEndpoint();
    await issue(campaign, 10);
    await tell(closed(campaign));
    receiver.behave = () => 503;
    deliver();
    const value = async (name: string) => {
      const { values } = await metrics.registry.getSingleMetric(name)!.get();
      return values.find(({ labels }) => labels.endpoint === id)?.value;
    };
    await expect.poll(() => value("allot_webhook_backlog")).toBe(11);
    await expect.poll(() => value("allot_webhook_age_seconds")).toBeGreaterThan(3_600);
    receiver.behave = () => 200;
    await expect.poll(() => value("allot_webhook_backlog")).toBe(0);
    expect(await value("allot_webhook_age_seconds")).toBe(0);
    const { values } = await metrics.webhookDeliveries.get();
    expect(values.find(({ labels }) => labels.outcome === "delivered")!.value).toBe(11);
  });
});
