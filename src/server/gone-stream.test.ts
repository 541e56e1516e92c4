import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { frame, literals } from "../../test/fuzz/grammar/http2.ts";
import { startTarget, type Target } from "../../test/interop/target.ts";

let target: Target;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(() => target.stop(1_000));

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const type = { data: 0, headers: 1, reset: 3, settings: 4, window: 8 };
const endStream = 1;
const endHeaders = 4;

function head(contentType: string, path = "/allot.v1.CouponService/IssueCoupon"): Buffer {
  const block = literals([
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "shop"],
    [":path", path],
    ["content-type", contentType],
    ["content-length", "1"],
  ]);
  return frame(type.headers, endHeaders, 1, block);
}

/** What ends a stream, or its connection, in the very packet that opens it. */
const ends: Record<string, Buffer> = {
  "a reset": frame(type.reset, 0, 1, Buffer.from([0, 0, 0, 8])),
  "more than its length": frame(type.data, endStream, 1, Buffer.alloc(3)),
  "a frame that breaks the connection": frame(type.window, 0, 0, Buffer.alloc(4)),
};

async function sendAtOnce(...frames: Buffer[]): Promise<Socket> {
  const socket = connect(target.port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.write(Buffer.concat([preface, frame(type.settings, 0, 0, Buffer.alloc(0)), ...frames]));
  // The server's own settings.
  await once(socket, "data");
  return socket;
}

test.each(
  Object.entries(ends).flatMap(([name, end]) =>
    ["application/grpc", "application/json", "text/plain"].map((form) => [name, form, end] as const),
  ),
)("a call opened and ended at once by %s leaves the server as it was (%s)", async (_, form, end) => {
  for (let times = 0; times < 3; times++) {
    const socket = await sendAtOnce(head(form), end);
    expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
    socket.destroy();
  }
});

test("a page asked for and given up at once, likewise", async () => {
  const socket = await sendAtOnce(head("text/plain", "/metrics"), ends["a reset"]!);
  expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
  socket.destroy();
});
