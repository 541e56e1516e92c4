import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { afterEach, expect, test } from "vitest";
import { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { monotonicMs } from "../clock.ts";
import { issueCoupon } from "../mechanic/coupon/issue-coupon.ts";
import { Journal } from "../record/journal.ts";
import { Latency } from "../record/latency.ts";
import { Naming } from "../record/naming.ts";
import { Recorder } from "../record/recorder.ts";
import { protoCodec } from "../sender/connect-codec.ts";
import { startSmallServer } from "../testing/small-server.ts";
import { SmallService } from "../testing/small-service.ts";
import { ClosedLoop } from "./closed-loop.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanup.splice(0)) clean();
});

const naming = new Naming("t");
const loopTo = (port: number, options: { connections: number; count?: number; timeoutMs?: number }) => {
  const journal = new Journal({ worker: 0, campaignId: "c", naming, onePerUser: false }, 10_000);
  const recorder = new Recorder(journal);
  const { connections, count, timeoutMs = 5_000 } = options;
  const loop = new ClosedLoop({
    to: { host: "127.0.0.1", port, apiKey: undefined, connections, timeoutMs },
    codec: protoCodec,
    workload: {
      next: () => {
        const request = journal.begin(0);
        return { user: request, request };
      },
    },
    recorder,
    ask: ({ request }) =>
      issueCoupon({
        campaignId: "c",
        userId: naming.userId(0),
        requestId: naming.requestId(0, request),
      }),
    count,
    startMs: monotonicMs(),
    durationMs: 60_000,
  });
  const result = () => {
    const { sent, outcomes, latency } = recorder.cut({ index: 0, lengthMs: 1, waiting: 0, utilization: 0 });
    return {
      sent,
      outcomes: Object.fromEntries(outcomes),
      recorded: Latency.decode(latency).count,
      left: recorder.inFlight,
    };
  };
  return { loop, result };
};

const startNetServer = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const server = createServer((socket) => {
    cleanup.push(() => socket.destroy());
    onConnection(socket.on("error", () => {}));
  }).listen(0, "127.0.0.1");
  cleanup.push(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

const startService = async (quota: number) => {
  const server = await startSmallServer("http1");
  cleanup.push(() => server.close());
  const campaign = create(CampaignSchema, {
    id: "c",
    startTime: { seconds: 1n },
    prizes: [{ id: "p1", quota }],
  });
  server.services.set("c", new SmallService(campaign, undefined));
  return server;
};

test("exactly as many requests as asked for, each answered, read and timed", async () => {
  const server = await startService(300);
  const { loop, result } = loopTo(server.port, { connections: 7, count: 500 });
  await loop.run();
  expect(result()).toEqual({
    sent: 500,
    outcomes: { "coupon: new": 300, "refused: SOLD_OUT": 200 },
    recorded: 500,
    left: 0,
  });
});

test("stopped, every connection ends with the answer that it waits for", async () => {
  const server = await startService(1_000_000);
  const { loop, result } = loopTo(server.port, { connections: 4 });
  const running = loop.run();
  await expect.poll(() => server.services.get("c")!.rows.length).toBeGreaterThan(20);
  loop.stop();
  await running;
  const { sent, outcomes, left } = result();
  expect([outcomes, left]).toEqual([{ "coupon: new": sent }, 0]);
});

test("requests on connections that break are lost, and a server that only breaks them is left", async () => {
  const port = await startNetServer((socket) => socket.on("data", () => socket.destroy()));
  const { loop, result } = loopTo(port, { connections: 2 });
  await loop.run();
  const { sent, outcomes, left } = result();
  expect([outcomes, left]).toEqual([{ "error: connection lost": sent }, 0]);
  expect(sent).toBeGreaterThan(2);
});

test("a request that is not answered in time is lost, and counts with the time it waited", async () => {
  const port = await startNetServer(() => {});
  const { loop, result } = loopTo(port, { connections: 1, count: 2, timeoutMs: 1_000 });
  await loop.run();
  expect(result()).toEqual({ sent: 2, outcomes: { "error: timed out": 2 }, recorded: 2, left: 0 });
});
