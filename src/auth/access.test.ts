import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Ledger, LedgerUnavailable, type Role } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { createLogger } from "../log.ts";
import { Access, type AccessSettings } from "./access.ts";
import { makeApiKey } from "./api-key.ts";
import type { CallerRole } from "./caller.ts";
import { KeyRing } from "./key-ring.ts";
import type { TokenReading, Tokens } from "./tokens.ts";

let folder: string;
let ledger: Ledger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-auth-"));
  ledger = sqliteLedger(openSqlite(folder));
});
afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

const log = createLogger("fatal");
const campaigns = "allot.v1.CampaignService";
const coupons = "allot.v1.CouponService";

function accessTo(of: Pick<Ledger, "apiKeys">, settings: Partial<AccessSettings> = {}) {
  const keys = new KeyRing(of, log);
  return { keys, access: new Access(keys, { auth: "keys", host: "0.0.0.0", ...settings }) };
}

async function addKey(role: Role): Promise<{ id: string; text: string; bearer: string }> {
  const { text, stored } = makeApiKey("test", role, 1);
  await ledger.addApiKey(stored);
  return { id: stored.id, text, bearer: `Bearer ${text}` };
}

describe("without a key a call is let in", () => {
  const open = { kind: "allowed", caller: { role: "manager", keyId: undefined, subject: undefined } };
  const judge = (settings: Partial<AccessSettings>) =>
    accessTo(ledger, settings).access.judge(campaigns, "CreateCampaign", null);

  test("on loopback until the first key was made, even if it is revoked since", async () => {
    expect(await judge({ auth: "auto", host: "127.0.0.1" })).toEqual(open);
    const { id } = await addKey("viewer");
    expect(await judge({ auth: "auto", host: "127.0.0.1" })).toMatchObject({ kind: "unauthenticated" });
    await ledger.revokeApiKey(id, 2);
    expect(await judge({ auth: "auto", host: "127.0.0.1" })).toMatchObject({ kind: "unauthenticated" });
  });

  test("anywhere if ALLOT_AUTH says none", async () => {
    await addKey("viewer");
    expect(await judge({ auth: "none" })).toEqual(open);
  });

  test("and nowhere else", async () => {
    expect(await judge({ auth: "auto", host: "0.0.0.0" })).toMatchObject({ kind: "unauthenticated" });
    expect(await judge({ auth: "auto", host: "192.0.2.1" })).toMatchObject({ kind: "unauthenticated" });
    expect(await judge({ auth: "keys", host: "127.0.0.1" })).toMatchObject({
      kind: "unauthenticated",
      problem: "Send an API key, in a header `Authorization: Bearer allot_…`.",
    });
  });
});

describe("a key", () => {
  test("lets in whom its role lets, and says what is needed", async () => {
    const { id, bearer } = await addKey("issuer");
    const { access } = accessTo(ledger);
    expect(await access.judge(coupons, "IssueCoupon", bearer)).toEqual({
      kind: "allowed",
      caller: { role: "issuer", keyId: id, subject: undefined },
    });
    expect(await access.judge(campaigns, "EndCampaign", bearer)).toEqual({
      kind: "not-allowed",
      problem: "EndCampaign needs the role manager; this API key has the role issuer.",
    });
    expect(await access.judge(coupons, "IssueCoupon", (await addKey("viewer")).bearer)).toEqual({
      kind: "not-allowed",
      problem: "IssueCoupon needs the role manager or issuer; this API key has the role viewer.",
    });
  });

  test("is no good mistyped, under another scheme, or with another's secret", async () => {
    const one = await addKey("manager");
    const other = await addKey("manager");
    const unknown = makeApiKey("never stored", "manager", 1).text;
    const swapped = makeApiKey("test", "manager", 1);
    await ledger.addApiKey({ ...swapped.stored, hash: Buffer.alloc(32) });
    const { access } = accessTo(ledger);
    const bad = [
      null,
      "",
      "Bearer",
      one.text,
      `Basic ${one.text}`,
      `${one.bearer}x`,
      `Bearer ${one.text.slice(0, 16)}${other.text.slice(16)}`,
      `Bearer ${unknown}`,
      `Bearer ${swapped.text}`,
    ];
    for (const authorization of bad) {
      expect(await access.judge(coupons, "GetCoupon", authorization)).toMatchObject({
        kind: "unauthenticated",
      });
    }
    expect(await access.judge(coupons, "GetCoupon", one.bearer.replace("Bearer", "bearer"))).toMatchObject({
      kind: "allowed",
    });
  });

  test("works at once on a server that does not know it yet", async () => {
    await addKey("manager");
    const { access, keys } = accessTo(ledger);
    await keys.refresh();
    const { bearer } = await addKey("manager");
    expect(await access.judge(coupons, "GetCoupon", bearer)).toMatchObject({ kind: "allowed" });
  });

  test("stops working on every server once it is revoked", async () => {
    const { id, bearer } = await addKey("manager");
    const { access, keys } = accessTo(ledger);
    const running = keys.run();
    expect(await access.judge(coupons, "GetCoupon", bearer)).toMatchObject({ kind: "allowed" });
    await ledger.revokeApiKey(id, 2);
    await vi.waitUntil(
      async () => (await access.judge(coupons, "GetCoupon", bearer)).kind === "unauthenticated",
      { timeout: 10_000 },
    );
    keys.stop();
    await running;
  });

  test("that nobody knows makes servers read the keys, but not once for each try", async () => {
    let reads = 0;
    const { access } = accessTo({
      apiKeys() {
        reads++;
        return ledger.apiKeys();
      },
    });
    const tries = Array.from({ length: 100 }, () =>
      access.judge(coupons, "GetCoupon", `Bearer ${makeApiKey("unknown", "manager", 1).text}`),
    );
    await Promise.all(tries);
    expect(reads).toBeLessThan(5);
  });
});

describe("a token", () => {
  const good = (role: CallerRole): TokenReading => ({ caller: { role, keyId: undefined, subject: "ann" } });
  function accessBy(readings: Record<string, TokenReading | Promise<TokenReading>>, settings = {}) {
    const tokens = { read: (text: string) => readings[text]! };
    const keys = new KeyRing(ledger, log);
    return new Access(keys, { auth: "keys", host: "0.0.0.0", ...settings }, tokens as Tokens);
  }

  test("lets a user take, at once where it was read before, and no more", async () => {
    const access = accessBy({ now: good("user"), later: Promise.resolve(good("user")) });
    expect(access.judge(coupons, "IssueCoupon", "Bearer now")).toEqual({ kind: "allowed", ...good("user") });
    expect(await access.judge(coupons, "IssueCoupon", "Bearer later")).toMatchObject({ kind: "allowed" });
    expect(await access.judge(coupons, "IssueCoupons", "Bearer now")).toEqual({
      kind: "not-allowed",
      problem: "IssueCoupons needs the role manager or issuer; this token is a user's.",
    });
  });

  test("lets a service do what its role may", async () => {
    const access = accessBy({ t: good("issuer") });
    expect(await access.judge(coupons, "IssueCoupons", "Bearer t")).toMatchObject({ kind: "allowed" });
    expect(await access.judge(campaigns, "EndCampaign", "Bearer t")).toEqual({
      kind: "not-allowed",
      problem: "EndCampaign needs the role manager; this token has the role issuer.",
    });
  });

  test("that is no good lets nobody in, and API keys go on working beside tokens", async () => {
    const access = accessBy({ bad: { problem: "This token has expired: get a fresh one." } });
    expect(await access.judge(coupons, "GetCoupon", "Bearer bad")).toEqual({
      kind: "unauthenticated",
      problem: "This token has expired: get a fresh one.",
    });
    const { bearer } = await addKey("viewer");
    expect(await access.judge(coupons, "GetCoupon", bearer)).toMatchObject({ kind: "allowed" });
    expect(await access.judge(coupons, "GetCoupon", `${bearer}x`)).toMatchObject({
      kind: "unauthenticated",
      problem: expect.stringContaining("API key"),
    });
  });

  test("is needed on loopback too, once tokens are taken", async () => {
    const access = accessBy({}, { auth: "auto", host: "127.0.0.1" });
    expect(await access.judge(coupons, "GetCoupon", null)).toEqual({
      kind: "unauthenticated",
      problem: "Send an API key or a token, in a header `Authorization: Bearer …`.",
    });
  });
});

describe("while the ledger can't be reached", () => {
  test("the keys at hand go on working, and unknown ones are an outage, not a refusal", async () => {
    const { bearer } = await addKey("manager");
    let reachable = true;
    const { access, keys } = accessTo({
      async apiKeys() {
        if (!reachable) throw new LedgerUnavailable("gone");
        return ledger.apiKeys();
      },
    });
    await keys.refresh();
    reachable = false;
    const running = keys.run();
    expect(await access.judge(coupons, "GetCoupon", bearer)).toMatchObject({ kind: "allowed" });
    const late = await addKey("manager");
    await expect(access.judge(coupons, "GetCoupon", late.bearer)).rejects.toThrow(LedgerUnavailable);
    reachable = true;
    expect(await access.judge(coupons, "GetCoupon", late.bearer)).toMatchObject({ kind: "allowed" });
    keys.stop();
    await running;
  });

  test("at the start nobody is let in who may need a key", async () => {
    const gone = {
      async apiKeys() {
        throw new LedgerUnavailable("gone");
      },
    };
    const { access } = accessTo(gone, { auth: "auto", host: "localhost" });
    await expect(access.judge(coupons, "GetCoupon", null)).rejects.toThrow(LedgerUnavailable);
  });
});
