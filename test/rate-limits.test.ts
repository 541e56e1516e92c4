import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  compressionGzip as gzip,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CampaignService } from "../src/gen/allot/v1/campaign_pb.js";
import { CouponService } from "../src/gen/allot/v1/coupon_pb.js";
import { RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../src/rpc/errors.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  // Slow enough that no token comes back while a test runs; what comes before the tests fits into the burst.
  const env = { ALLOT_RATE_PER_USER: "0.001/3", ALLOT_RATE_PER_ADDRESS: "0.001/40" };
  server = await startAllot({ env });
  const campaigns = createClient(
    CampaignService,
    createConnectTransport({ baseUrl: server.url, httpVersion: "2" }),
  );
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  await campaigns.createCampaign({ campaign: { id: "c", endTime, prizes: [{ quota: 100 }] } });
});
afterAll(() => server.stop());

const transports: Record<string, (baseUrl: string) => Transport> = {
  "Connect over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  // These two go by connect's own handlers.
  "gRPC-Web": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "compressed Connect": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", compressMinBytes: 0, sendCompression: gzip }),
};

async function refused(call: Promise<unknown>) {
  const error = await call.then(() => undefined, ConnectError.from);
  return (
    error && {
      code: error.code,
      reason: reasonOf(error),
      hint: error.findDetails(RetryInfoSchema)[0]?.retryDelay,
    }
  );
}

test.each(Object.keys(transports))("a user past its rate is told to wait, by %s", async (name) => {
  const { issueCoupon } = createClient(CouponService, transports[name]!(server.url));
  const user = (userId: string) => refused(issueCoupon({ campaignId: "c", userId }));
  for (let i = 0; i < 3; i++) expect(await user(name)).toBeUndefined();
  const told = await user(name);
  expect(told).toMatchObject({ code: Code.ResourceExhausted, reason: "RATE_LIMITED" });
  // A token in a thousand seconds.
  expect(Number(told!.hint!.seconds)).toBeGreaterThan(900);
  expect(await user(`${name}, another`)).toBeUndefined();
});

test("an address past its rate as well, whatever it asks for; health and metrics are for everybody", async () => {
  const transport = createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" });
  const campaigns = createClient(CampaignService, transport);
  const get = () => refused(campaigns.getCampaign({ campaignId: "c" }));
  await expect.poll(get, { interval: 0 }).toMatchObject({ reason: "RATE_LIMITED" });
  async function watch() {
    for await (const _ of campaigns.watchCampaign({ campaignId: "c" })) return;
  }
  expect(await refused(watch())).toMatchObject({ reason: "RATE_LIMITED" });
  for (const page of ["healthz", "readyz", "metrics"]) {
    for (let i = 0; i < 50; i++) expect((await fetch(`${server.url}/${page}`)).status).toBe(200);
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/allot_requests_total\{[^}]*reason="RATE_LIMITED"[^}]*\} \d/);
});
