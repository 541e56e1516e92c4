import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { afterEach, expect, test } from "vitest";
import { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { issueCoupon } from "../mechanic/coupon/issue-coupon.ts";
import type { Answer } from "../record/answer.ts";
import { startSmallServer } from "../testing/small-server.ts";
import { SmallService } from "../testing/small-service.ts";
import type { Protocol, Sender } from "./sender.ts";
import { senderFor } from "./sender-for.ts";

const protocols: Protocol[] = ["connect", "connect-json", "grpc"];
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanup.splice(0)) clean();
});

const request = (userId: string, requestId: string) => issueCoupon({ campaignId: "c", userId, requestId });

const answerTo = (sender: Sender, userId: string, requestId: string): Promise<Answer> =>
  new Promise((resolve) => sender.send(request(userId, requestId), resolve));

const open = async (protocol: Protocol, port: number, timeoutMs = 5_000): Promise<Sender> => {
  const sender = senderFor(protocol, { host: "127.0.0.1", port, apiKey: "k", connections: 2, timeoutMs });
  cleanup.push(() => sender.close());
  await sender.open();
  return sender;
};

const against = async (protocol: Protocol, behaviour: Parameters<typeof startSmallServer>[1] = {}) => {
  const server = await startSmallServer(protocol === "grpc" ? "http2" : "http1", behaviour);
  cleanup.push(() => server.close());
  const campaign = create(CampaignSchema, {
    id: "c",
    startTime: { seconds: 1n },
    prizes: [{ id: "p1", quota: 1 }],
  });
  server.services.set("c", new SmallService(campaign, undefined));
  return { server, sender: await open(protocol, server.port) };
};

test.each(protocols)("%s: a coupon, a refusal, and an error with its reason", async (protocol) => {
  const { sender } = await against(protocol, { overloadedEvery: 3 });
  expect(await answerTo(sender, "u1", "r1")).toMatchObject({
    kind: "given",
    outcome: "coupon: new",
    given: { userId: "u1", campaignId: "c", prizeId: "p1" },
  });
  expect(await answerTo(sender, "u2", "r2")).toEqual({ kind: "refused", reason: Reason.SOLD_OUT });
  expect(await answerTo(sender, "u3", "r3")).toEqual({
    kind: "error",
    code: "UNAVAILABLE",
    reason: "OVERLOADED",
  });
});

test.each(protocols)("%s: a hang-up ends the call and leaves room for the next", async (protocol) => {
  const { sender, server } = await against(protocol, { delayMs: 30 });
  const free = sender.free;
  const answer = new Promise<Answer>((resolve) => {
    const call = sender.send(request("u1", "r1"), resolve);
    const issued = setInterval(() => {
      if (server.services.get("c")!.rows.length === 0) return;
      clearInterval(issued);
      call.hangUp();
    }, 1);
  });
  expect(await answer).toEqual({ kind: "hung up" });
  await expect.poll(() => sender.free).toBe(free);
  expect(await answerTo(sender, "u1", "r1")).toMatchObject({ replayed: true });
});

const startNetServer = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const server = createServer(onConnection).listen(0, "127.0.0.1");
  cleanup.push(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

test("a server that never answers is left after the timeout", async () => {
  const sockets: Socket[] = [];
  const port = await startNetServer((socket) => sockets.push(socket.on("error", () => {})));
  const sender = await open("connect", port, 50);
  expect(await answerTo(sender, "u1", "r1")).toEqual({ kind: "lost", why: "timed out" });
  await expect.poll(() => sender.free).toBe(2);
  for (const socket of sockets) socket.destroy();
});

test("a connection that breaks before the answer leaves the outcome unknown, and is opened again", async () => {
  const port = await startNetServer((socket) => socket.on("data", () => socket.destroy()));
  const sender = await open("connect", port);
  expect(await answerTo(sender, "u1", "r1")).toEqual({ kind: "lost", why: "connection lost" });
  await expect.poll(() => sender.free).toBe(2);
});

test("an answer that is no HTTP is unreadable", async () => {
  const port = await startNetServer((socket) => socket.on("data", () => socket.write("what?\r\n\r\n")));
  const sender = await open("connect", port);
  expect(await answerTo(sender, "u1", "r1")).toEqual({ kind: "lost", why: "unreadable answer" });
});
