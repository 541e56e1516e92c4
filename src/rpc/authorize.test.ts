import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { Access } from "../auth/access.ts";
import { makeApiKey } from "../auth/api-key.ts";
import { type Caller, caller } from "../auth/caller.ts";
import { KeyRing } from "../auth/key-ring.ts";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { createLogger } from "../log.ts";
import { authGate } from "./authorize.ts";
import { faultInterceptor, reasonOf } from "./errors.ts";
import { gateInterceptor } from "./gate.ts";

const log = createLogger("fatal");

/** A server that needs keys, with handlers that note their callers. */
async function serverWithKeys() {
  const folder = await mkdtemp(join(tmpdir(), "allot-authorize-"));
  const ledger = sqliteLedger(openSqlite(folder));
  onTestFinished(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });
  const callers: (Caller | undefined)[] = [];
  let reachable = true;
  const keys = new KeyRing(
    {
      async apiKeys() {
        if (!reachable) throw new LedgerUnavailable("gone");
        return ledger.apiKeys();
      },
    },
    log,
  );
  const access = new Access(keys, { auth: "keys", host: "0.0.0.0" });
  const routes = (router: ConnectRouter) => {
    router.service(CouponService, {
      getCoupon(_, { values }) {
        callers.push(values.get(caller));
        return {};
      },
      issueCoupon(_, { values }) {
        callers.push(values.get(caller));
        return {};
      },
    });
    router.service(Health, {
      check(_, { values }) {
        callers.push(values.get(caller));
        return {};
      },
    });
  };
  const interceptors = [faultInterceptor(log), gateInterceptor([authGate(access)])];
  const transport = createRouterTransport(routes, { router: { interceptors } });
  return {
    coupons: createClient(CouponService, transport),
    health: createClient(Health, transport),
    callers,
    ledger,
    loseLedger() {
      reachable = false;
    },
  };
}

async function refusalOf(call: Promise<unknown>): Promise<[string, string | undefined, string]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectError)) throw new Error("not refused");
  return [Code[error.code], reasonOf(error), error.rawMessage];
}

test("a call with a key reaches its handler, which learns whose it is", async () => {
  const { coupons, callers, ledger } = await serverWithKeys();
  const { text, stored } = makeApiKey("till", "redeemer", 1);
  await ledger.addApiKey(stored);
  const headers = { authorization: `Bearer ${text}` };
  await coupons.getCoupon({ code: "X" }, { headers });
  expect(callers).toEqual([{ role: "redeemer", keyId: stored.id, subject: undefined }]);

  expect(await refusalOf(coupons.issueCoupon({}, { headers }))).toEqual([
    "PermissionDenied",
    "NOT_ALLOWED",
    "IssueCoupon needs the role manager or issuer; this API key has the role redeemer.",
  ]);
  expect(callers).toHaveLength(1);
});

test("a call without a key, or with a bad one, does not", async () => {
  const { coupons, callers } = await serverWithKeys();
  const headers = { authorization: "Bearer allot_x" };
  expect(await refusalOf(coupons.getCoupon({ code: "X" }))).toEqual([
    "Unauthenticated",
    "UNAUTHENTICATED",
    expect.stringContaining("Authorization: Bearer allot_"),
  ]);
  expect(await refusalOf(coupons.getCoupon({ code: "X" }, { headers }))).toEqual([
    "Unauthenticated",
    "UNAUTHENTICATED",
    expect.stringContaining("mistyped"),
  ]);
  expect(callers).toEqual([]);
});

test("health is open", async () => {
  const { health, callers } = await serverWithKeys();
  await health.check({});
  expect(callers).toEqual([undefined]);
});

test("keys that can't be looked up are an outage", async () => {
  const { coupons, loseLedger } = await serverWithKeys();
  loseLedger();
  expect((await refusalOf(coupons.getCoupon({ code: "X" }))).slice(0, 2)).toEqual([
    "Unavailable",
    "LEDGER_UNAVAILABLE",
  ]);
});
