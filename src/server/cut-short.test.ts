import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";
import { startAllot } from "../../test/servers/allot.ts";

let target: Target;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(() => target.stop(1_000));

const issuing = "/allot.v1.CouponService/IssueCoupon";

/** Framings whose body never comes, comes in part, or can't be read. */
const bodies = {
  "a length": "Content-Length: 9\r\n\r\n",
  "a part of its length": "Content-Length: 9\r\n\r\n{}",
  "an endless chunk": "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n{}",
  "a chunk of no size": "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
  "a chunk too large to count": "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
};
const paths = ["/readyz", "/nothing", issuing];

test.each(Object.entries(bodies).flatMap(([name, body]) => paths.map((path) => [path, name, body] as const)))(
  "a request to %s with %s, whose client leaves, leaves the server as it was",
  async (path, _, body) => {
    for (const type of ["application/json", "application/grpc-web"]) {
      for (const leave of ["end", "destroy"] as const) {
        const socket = connect({ port: target.port, host: "127.0.0.1" }).on("error", () => {});
        await once(socket, "connect");
        socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${body}`);
        await fetch(`${target.url}/healthz`);
        socket.resume()[leave]();
        await once(socket, "close");
        expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
      }
    }
  },
);

test("three requests sent at once, whose client leaves in the middle of the last one, leave the process alive", async () => {
  await using server = await startAllot();
  const begin = (verb: string, path: string, type: string) =>
    `${verb} ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n`;
  const requests = [
    `${begin("POST", "/grpc.health.v1.Health/Check", "application/json")}Content-Length: 2\r\n\r\n{}`,
    `${begin("POST", issuing, "application/grpc+json")}Content-Length: 2\r\n\r\n{}`,
    `${begin("HEAD", issuing, "application/proto")}Transfer-Encoding: chunked\r\n\r\nffffffff\r\nabc`,
  ];
  for (let times = 0; times < 20 && server.running; times++) {
    const socket = connect({ port: server.port, host: "127.0.0.1" })
      .setNoDelay()
      .on("error", () => {});
    socket.write(requests.join(""));
    await new Promise((next) => setImmediate(next));
    socket.destroy();
    await once(socket, "close");
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
