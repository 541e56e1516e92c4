import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dayAfter, dayAt } from "../campaign/day.ts";
import { openSecrets } from "../keys/secrets.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { Batcher } from "../store/batcher.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { StoreUnavailable } from "../store/store.ts";
import { CodeBook } from "./code-book.ts";
import { Issuer } from "./issuer.ts";
import { KnownCampaigns } from "./known-campaigns.ts";
import { Registration } from "./registration.ts";
import type { Issued, IssueRequest } from "./request.ts";
import { Tallies } from "./tallies.ts";

const dayMs = 86_400_000;
const timeZone = "Asia/Seoul";

/** An issuer on a ledger and store of its own. `fill` stands in for the ledger's where it is given. */
async function issuing(fill?: () => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), "allot-issuing-"));
  const database = openSqlite(dir);
  onTestFinished(async () => {
    await database.close();
    await rm(dir, { recursive: true });
  });
  const ledger = sqliteLedger(database);
  const secrets = await openSecrets(ledger, randomBytes(32));
  const clock = { nowMs: Date.now };
  const store = new EmbeddedStore({
    ...database,
    nowMs: () => clock.nowMs(),
    onBrokenCommit(error) {
      throw error;
    },
  });
  /** A server that knows nothing yet. */
  function server() {
    const codes = new CodeBook(ledger, secrets);
    const campaigns = new KnownCampaigns(ledger, codes, secrets);
    const batcher = new Batcher({
      store,
      queueMax: 100_000,
      codes: (plan, serials) => campaigns.texts(plan, serials),
      onBatch: () => {},
    });
    const issuer = new Issuer({
      campaigns,
      codes,
      batcher,
      secrets,
      ledger,
      partitions: 1,
      registration: new Registration(ledger),
      tallies: new Tallies(),
      fill: async (_, place) => {
        if (fill) await fill();
        else await ledger.reserveMore(place);
      },
    });
    return async (userId: string, more: Partial<IssueRequest> = {}): Promise<Issued> =>
      issuer.issue((await campaigns.known("c"))!, {
        userId,
        prizeId: "",
        requestId: "",
        address: "203.0.113.7",
        ...more,
      });
  }
  async function create(prize: { quota?: number; dailyQuota?: number }, perUser = 1) {
    const created = await ledger.createCampaign(
      {
        id: "c",
        name: "",
        startMs: 0,
        endMs: Date.now() + 30 * dayMs,
        timeZone,
        mechanic: { kind: "first-come" },
        requireRegistration: false,
        couponExpiry: undefined,
        drawSecret: undefined,
        prizes: ["a", "b"].map((id) => ({
          id,
          name: "",
          quota: undefined,
          dailyQuota: undefined,
          ...prize,
          oddsPpm: 0,
          attributes: {},
        })),
        limits: { perUser, perUserPerDay: 0, perAddress: 0 },
        // A small space, of which an unlimited prize reserves little at a time.
        format: { alphabet: "0123456789", length: 4, prefix: "" },
        allowGuessable: true,
        partitions: 1,
        wrappedKey: secrets.wrap("code-space", randomBytes(32)),
        nowMs: Date.now(),
      },
      undefined,
    );
    if (created.kind !== "created") throw new Error(created.kind);
    return created.campaign;
  }
  const change = (what: object) =>
    ledger.changeCampaign("c", undefined, { ...what, nowMs: Date.now() }, undefined);
  return { ledger, store, clock, server, create, change };
}

const coupon = (prizeId: string, replayed = false) =>
  expect.objectContaining({ kind: "coupon", prizeId, replayed });

test("a campaign that changed since it was read is read again", async () => {
  const { server, create, change } = await issuing();
  await create({ quota: 10 });
  const issue = server();
  expect(await issue("ada")).toEqual(coupon("a"));
  await change({ paused: true });
  expect(await issue("grace")).toEqual({ kind: "refusal", reason: "PAUSED", retryMs: undefined });
  // A limit that the requests were not counted by until now.
  await change({ paused: false, limits: { perUser: 1, perUserPerDay: 0, perAddress: 1 } });
  expect(await issue("grace")).toEqual(coupon("a"));
  const enough = { kind: "refusal", reason: "ADDRESS_LIMIT_REACHED", retryMs: undefined };
  expect(await issue("linus")).toEqual(enough);
  await change({ deletedMs: Date.now() });
  expect(await issue("grace")).toEqual({ kind: "not-found" });
});

test("when the store's day is another one, its counts are", async () => {
  const { server, create, clock } = await issuing();
  await create({ quota: 10, dailyQuota: 1 });
  const issue = server();
  const today = dayAt(timeZone, Date.now());
  expect(await issue("u1", { prizeId: "a" })).toEqual(coupon("a"));
  const enough = { kind: "refusal", reason: "DAILY_QUOTA_REACHED" };
  expect(await issue("u2", { prizeId: "a" })).toEqual({ ...enough, retryMs: today.endMs });
  clock.nowMs = () => today.endMs;
  expect(await issue("u2", { prizeId: "a" })).toEqual(coupon("a"));
  const tomorrow = dayAfter(timeZone, today);
  expect(await issue("u3", { prizeId: "a" })).toEqual({ ...enough, retryMs: tomorrow.endMs });
});

test("repeats of an ended campaign that the store has forgotten are answered by the ledger", async () => {
  const { server, create, change, store } = await issuing();
  const campaign = await create({ quota: 10 });
  const before = await server()("ada", { requestId: "r" });
  expect(before).toEqual(coupon("a"));
  const again = { ...before, replayed: true };
  await change({ endedMs: Date.now() });
  expect(await server()("ada", { requestId: "r" })).toEqual(again);
  await change({ retired: true });
  await store.forget(0, campaign.no);
  const issue = server();
  expect(await issue("ada", { requestId: "r" })).toEqual(again);
  expect(await issue("ada", { requestId: "other" })).toEqual(again);
  expect(await issue("ada", { requestId: "r", prizeId: "b" })).toEqual({ kind: "reused" });
  const ended = { kind: "refusal", reason: "ENDED", retryMs: undefined };
  expect(await issue("grace", { requestId: "r" })).toEqual(ended);
});

test("a prize without a quota goes on when the serials that were reserved for it are used up", async () => {
  const { server, create } = await issuing();
  const campaign = await create({}, 0);
  const reserved = campaign.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
  const issue = server();
  const some = await Promise.all(
    Array.from({ length: reserved + 10 }, (_, i) => issue(`user-${i}`, { prizeId: "a" })),
  );
  expect(new Set(some.map((one) => one.kind === "coupon" && one.code)).size).toBe(reserved + 10);
  expect(some.every((one) => one.kind === "coupon" && one.prizeId === "a")).toBe(true);
});

test.each([
  ["can't be filled", async () => Promise.reject(new LedgerUnavailable("away")), LedgerUnavailable],
  ["stays dry", async () => {}, StoreUnavailable],
])("a dry pool that %s is an outage, told once", async (_, fill, outage) => {
  const { server, create } = await issuing(fill);
  const campaign = await create({}, 0);
  const reserved = campaign.prizes[0]!.ranges.reduce((sum, { size }) => sum + size, 0);
  const issue = server();
  const results = await Promise.allSettled(
    Array.from({ length: reserved + 1 }, (_, i) => issue(`user-${i}`, { prizeId: "a" })),
  );
  const failed = results.filter(({ status }) => status === "rejected");
  expect(failed).toEqual([{ status: "rejected", reason: expect.any(outage) }]);
});
