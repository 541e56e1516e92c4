import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import type { JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TokenIssuer } from "../src/auth/token-issuer.fixture.ts";
import { CampaignService } from "../src/gen/allot/v1/campaign_pb.js";
import { CouponService, type IssueCouponResponse } from "../src/gen/allot/v1/coupon_pb.js";
import { reasonOf } from "../src/rpc/errors.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

const roleClaim = "allot_role";
const office = { "x-forwarded-for": "10.1.0.5" };
const elsewhere = { "x-forwarded-for": "203.0.113.7" };

let issuer: TokenIssuer;
let server: TestServer;
/** Over both lanes: gRPC-Web is carried by connect. */
let transports: Record<string, Transport>;

beforeAll(async () => {
  issuer = await TokenIssuer.start();
  server = await startAllot({
    env: {
      ALLOT_JWT_ISSUER: TokenIssuer.issuer,
      ALLOT_JWT_AUDIENCE: TokenIssuer.audience,
      ALLOT_JWKS_URL: issuer.url.href,
      ALLOT_JWT_ROLE_CLAIM: roleClaim,
      ALLOT_TRUSTED_PROXIES: "127.0.0.0/8",
      ALLOT_MANAGER_NETWORKS: "10.1.0.0/16",
    },
  });
  const baseUrl = server.url;
  transports = {
    connect: createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    grpc: createGrpcTransport({ baseUrl }),
    "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  };
});
afterAll(async () => {
  await server?.stop();
  await issuer?.stop();
});

const bearer = async (claims: JWTPayload) => ({
  authorization: `Bearer ${await issuer.sign(claims)}`,
});
const asUser = (sub: string) => bearer({ sub });
const asService = (role: string) => bearer({ sub: `svc-${role}`, [roleClaim]: role });

let campaigns = 0;
async function createCampaign(campaign: object = {}): Promise<string> {
  const id = `access-${++campaigns}`;
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  const headers = { ...(await asService("manager")), ...office };
  await createClient(CampaignService, transports.connect!).createCampaign(
    { campaign: { id, endTime, prizes: [{ quota: 100 }], limits: { perUser: 1 }, ...campaign } },
    { headers },
  );
  return id;
}

/** What a call is refused with. */
async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown) => ConnectError.from(thrown),
  );
  return error === undefined ? "none" : `${Code[error.code]} ${reasonOf(error)}`;
}

const couponOf = ({ outcome }: IssueCouponResponse) =>
  outcome.case === "coupon" ? outcome.value : undefined;

describe.each(["connect", "grpc", "grpc-web"])("over %s", (protocol) => {
  const coupons = () => createClient(CouponService, transports[protocol]!);
  const managing = () => createClient(CampaignService, transports[protocol]!);

  test("a user takes for itself, and nobody else", async () => {
    const campaignId = await createCampaign();
    const ann = { headers: await asUser("ann") };
    const first = await coupons().issueCoupon({ campaignId }, ann);
    expect(couponOf(first)).toMatchObject({ userId: "ann" });
    const again = await coupons().issueCoupon({ campaignId, userId: "ann" }, ann);
    expect([couponOf(again)?.code, again.replayed]).toEqual([couponOf(first)!.code, true]);
    expect(await refusalOf(coupons().issueCoupon({ campaignId, userId: "bob" }, ann))).toBe(
      "PermissionDenied NOT_ALLOWED",
    );
    expect(await refusalOf(coupons().issueCoupon({ campaignId, address: "203.0.113.7" }, ann))).toBe(
      "PermissionDenied NOT_ALLOWED",
    );
    expect(await refusalOf(coupons().issueCoupons({ requests: [{ campaignId }] }, ann))).toBe(
      "PermissionDenied NOT_ALLOWED",
    );
    expect(await refusalOf(managing().endCampaign({ campaignId }, ann))).toBe("PermissionDenied NOT_ALLOWED");
  });

  test("a user sees what is its own", async () => {
    const campaignId = await createCampaign();
    const ann = { headers: await asUser("ann") };
    const bob = { headers: await asUser("bob") };
    const anns = couponOf(await coupons().issueCoupon({ campaignId }, ann))!.code;
    const bobs = couponOf(await coupons().issueCoupon({ campaignId }, bob))!.code;
    const listed = await coupons().listCoupons({ campaignId }, ann);
    expect(listed.coupons.map(({ code, userId }) => [code, userId])).toEqual([[anns, "ann"]]);
    expect(await refusalOf(coupons().listCoupons({ userId: "bob" }, ann))).toBe(
      "PermissionDenied NOT_ALLOWED",
    );
    expect((await coupons().getCoupon({ code: anns }, ann)).coupon).toMatchObject({ userId: "ann" });
    expect(await refusalOf(coupons().getCoupon({ code: bobs }, ann))).toBe("NotFound COUPON_NOT_FOUND");
  });

  test("a service's token names users and addresses", async () => {
    const campaignId = await createCampaign({ limits: { perUser: 1, perAddress: 1 } });
    const headers = await asService("issuer");
    const issued = await coupons().issueCoupon(
      { campaignId, userId: "eve", address: "203.0.113.9" },
      { headers },
    );
    expect(couponOf(issued)).toMatchObject({ userId: "eve" });
  });

  test("a bad token lets nobody in", async () => {
    const campaignId = await createCampaign();
    for (const headers of [
      {},
      { authorization: "Bearer x" },
      await bearer({ aud: "other" }),
      await asUser(""),
    ])
      expect(await refusalOf(coupons().issueCoupon({ campaignId }, { headers }))).toBe(
        "Unauthenticated UNAUTHENTICATED",
      );
  });

  test("managers manage from their networks alone, and all of it is in the audit log", async () => {
    const campaignId = await createCampaign();
    const manager = await asService("manager");
    const end = (headers: object, requestId: string) =>
      managing().endCampaign({ campaignId, requestId }, { headers: { ...manager, ...headers } });
    expect(await refusalOf(end(elsewhere, `${protocol}-1`))).toBe("PermissionDenied NOT_ALLOWED");
    expect(await refusalOf(end({}, `${protocol}-2`))).toBe("PermissionDenied NOT_ALLOWED");
    await end(office, `${protocol}-3`);
    // What others than managers may call is not theirs.
    await managing().getCampaign({ campaignId }, { headers: { ...manager, ...elsewhere } });

    const audit = await audited(campaignId);
    expect(
      audit.map(({ method, address, outcome, requestId }) => [method, address, outcome, requestId]),
    ).toEqual([
      ["EndCampaign", "10.1.0.5", "OK", `${protocol}-3`],
      ["CreateCampaign", "10.1.0.5", "OK", ""],
    ]);
    expect(new Set(audit.map(({ actor }) => actor))).toEqual(new Set(["token:svc-manager"]));
    const refused = (await audited()).slice(1, 3).map(({ address, outcome }) => [address, outcome]);
    expect(refused).toEqual([
      ["127.0.0.1", "NOT_ALLOWED"],
      ["203.0.113.7", "NOT_ALLOWED"],
    ]);
  });
});

/** As `allot audit --json` lists it while the server runs. */
async function audited(campaignId?: string): Promise<Record<string, string>[]> {
  const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  const args = [program, "audit", "--json", ...(campaignId === undefined ? [] : ["--campaign", campaignId])];
  const env = { ...process.env, ALLOT_DATA: `${server.dir}/data` };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
