import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";
import type { Environment } from "../config.ts";
import { CouponService, IssueCouponRequestSchema } from "../gen/allot/v1/coupon_pb.js";

let target: Target;
let handled: string[];
async function start(env: Environment = {}): Promise<void> {
  handled = [];
  target = await startTarget({
    env,
    routes: (router) =>
      router.service(CouponService, {
        issueCoupon({ userId }) {
          handled.push(userId);
          return {};
        },
      }),
  });
}
beforeEach(() => start());
afterEach(() => target.stop(1_000));

const path = "/allot.v1.CouponService/IssueCoupon";
const headers = { "content-type": "application/proto" };
const message = toBinary(
  IssueCouponRequestSchema,
  create(IssueCouponRequestSchema, { userId: "u", requestId: "r" }),
);
/** A valid message all the same: the one without its request_id. */
const cut = message.subarray(0, 3);

/** By code, as far as they are over. */
async function counted(): Promise<Record<string, number>> {
  const { values } = await target.metrics.requests.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.code, value]));
}

test("a body in many pieces is one message", async () => {
  const request = http.request(target.url + path, { method: "POST", headers });
  const answer = new Promise<number | undefined>((resolve) =>
    request.once("response", ({ statusCode }) => resolve(statusCode)),
  );
  request.setNoDelay(true);
  for (const byte of message) await new Promise((resolve) => request.write(Uint8Array.of(byte), resolve));
  request.end();
  expect(await answer).toBe(200);
  expect(handled).toEqual(["u"]);
});

test("a call whose client hangs up in the middle of it is not carried out: HTTP/1.1", async () => {
  for (const length of [`Content-Length: ${message.length}`, "Transfer-Encoding: chunked"]) {
    const before = (await counted()).canceled ?? 0;
    const socket = net.connect(target.port);
    const head = `POST ${path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/proto\r\n${length}\r\n\r\n`;
    const body = length.startsWith("Transfer")
      ? Buffer.concat([Buffer.from("3\r\n"), cut, Buffer.from("\r\n")])
      : cut;
    socket.write(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
    await expect.poll(async () => (await counted()).canceled).toBe(before + 1);
  }
  expect(handled).toEqual([]);
});

test("the same over HTTP/2, by a reset and by a lost connection", async () => {
  for (const hangUp of ["reset", "connection"]) {
    const before = (await counted()).canceled ?? 0;
    const session = http2.connect(target.url);
    session.on("error", () => {});
    const stream = session.request({ ...headers, ":method": "POST", ":path": path });
    stream.on("error", () => {});
    await new Promise((resolve) => stream.write(cut, resolve));
    // The ping's answer comes after the server has read what was sent before it.
    await new Promise((resolve) => session.ping(resolve));
    // close() would end the message properly before it resets.
    if (hangUp === "reset") stream.destroy();
    else session.destroy();
    await expect.poll(async () => (await counted()).canceled).toBe(before + 1);
    session.destroy();
  }
  expect(handled).toEqual([]);
});

test("a call that was not sent in time is not carried out either", async () => {
  await target.stop(1_000);
  await start({ ALLOT_REQUEST_TIMEOUT_MS: "100" });
  const session = http2.connect(target.url);
  const stream = session.request({ ...headers, ":method": "POST", ":path": path });
  stream.write(cut);
  expect(await text(stream)).toContain("deadline_exceeded");
  await expect.poll(() => stream.closed).toBe(true);
  session.destroy();

  const request = http.request(target.url + path, { method: "POST", headers });
  const [response] = (await Promise.all([once(request, "response"), request.write(cut)]))[0];
  expect(await text(response)).toContain("deadline_exceeded");
  await expect.poll(counted).toEqual({ deadline_exceeded: 2 });
  expect(handled).toEqual([]);
});

test("a body of unknown length that is too long is answered, and the connection stays", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (length: number) =>
    new Promise<string>((resolve, reject) => {
      const request = http.request(
        target.url + path,
        { method: "POST", headers, agent },
        async (response) => {
          resolve(`${response.statusCode} ${request.reusedSocket} ${await text(response)}`);
        },
      );
      request.on("error", reject);
      for (let sent = 0; sent < length; sent += 16_384) request.write(Buffer.alloc(16_384));
      request.end();
    });
  expect(await ask(1_000_000)).toMatch(/^429 false .*MESSAGE_TOO_LARGE/);
  expect(await ask(1_000_000)).toMatch(/^429 true /);
  expect(await counted()).toEqual({ resource_exhausted: 2 });
});
