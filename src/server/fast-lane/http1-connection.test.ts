import net from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTarget, type Target } from "../../../test/interop/target.ts";
import { CouponService } from "../../gen/allot/v1/coupon_pb.js";

let target: Target;
let handled: string[];
let held: (() => void)[];
beforeEach(async () => {
  handled = [];
  held = [];
  target = await startTarget({
    routes: (router) =>
      router.service(CouponService, {
        async issueCoupon({ userId, campaignId }) {
          handled.push(userId);
          if (campaignId === "held") await new Promise<void>((resolve) => held.push(resolve));
          const code = campaignId === "big" ? "x".repeat(50_000) : userId;
          return { outcome: { case: "coupon", value: { code } } };
        },
      }),
  });
});
afterEach(() => target.stop(1_000));

const message = (userId: string, campaignId = "c") => JSON.stringify({ campaignId, userId });
const head = (length: number, more = "") =>
  `POST /allot.v1.CouponService/IssueCoupon HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;
const request = (body: string, more = "") => head(body.length, more) + body;

function connect() {
  const socket = net.connect(target.port, "127.0.0.1").setNoDelay(true);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {});
  return {
    socket,
    /** The codes that came, in their order. */
    codes: () => [...text.matchAll(/"code":"([^"]*)"/g)].map(([, code]) => code),
  };
}

test("requests sent ahead are answered in their order", async () => {
  const { socket, codes } = connect();
  const users = Array.from({ length: 5_000 }, (_, i) => `u${i}`);
  socket.write(users.map((user) => request(message(user))).join(""));
  await expect.poll(() => codes().length, { timeout: 20_000 }).toBe(users.length);
  expect(codes()).toEqual(users);
  socket.destroy();
});

test("a request in pieces, however it is cut, and plain and unusual ones by turns", async () => {
  const { socket, codes } = connect();
  const write = (text: string) => new Promise((resolve) => socket.write(text, resolve));
  const users: string[] = [];
  for (const pieces of [1, 2, 3, 8]) {
    for (const more of ["", "Connection: keep-alive\r\n", "X-Twice: 1\r\nX-Twice: 2\r\n"]) {
      const user = `u${users.push("")}`;
      users[users.length - 1] = user;
      const text = request(message(user), more);
      const length = Math.ceil(text.length / pieces);
      for (let at = 0; at < text.length; at += length) {
        await write(text.slice(at, at + length));
        // So that the piece is read by itself.
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await expect.poll(codes).toEqual(users);
    }
  }
  socket.destroy();
});

test("a client that does not read is not read from", async () => {
  const { socket, codes } = connect();
  socket.pause();
  const users = Array.from({ length: 2_000 }, (_, i) => `u${i}`);
  socket.write(users.map((user) => request(message(user, "big"))).join(""));
  let before = -1;
  // Until it stands still: the sockets' own buffers are full.
  await expect
    .poll(
      () => {
        const stands = handled.length === before && before > 0;
        before = handled.length;
        return stands;
      },
      { interval: 200 },
    )
    .toBe(true);
  expect(handled.length).toBeLessThan(1_000);
  socket.resume();
  await expect.poll(() => codes().length, { timeout: 20_000 }).toBe(users.length);
  socket.destroy();
});

test("a client that hangs up is counted, and what its handler does goes on", async () => {
  const { socket } = connect();
  socket.write(request(message("gone", "held")));
  await expect.poll(() => held.length).toBe(1);
  socket.destroy();
  const counted = async () => {
    const { values } = await target.metrics.requests.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.code, value]));
  };
  await expect.poll(counted).toEqual({ canceled: 1 });
  held[0]!();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await counted()).toEqual({ canceled: 1 });
});

test("a stopping server finishes what is under way and says that the connection ends; idle ones are closed", async () => {
  const [busy, idle] = [connect(), connect()];
  let text = "";
  busy.socket.on("data", (chunk) => {
    text += String(chunk);
  });
  idle.socket.write(request(message("before")));
  await expect.poll(() => idle.codes()).toEqual(["before"]);
  busy.socket.write(request(message("last", "held")));
  await expect.poll(() => held.length).toBe(1);
  const stopped = target.stop(60_000);
  await expect.poll(() => idle.socket.closed).toBe(true);
  held[0]!();
  await stopped;
  expect(text).toMatch(/Connection: close\r\n\r\n.*"last"/s);
});
