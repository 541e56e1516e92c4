import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { startTarget, type Target } from "../../../test/interop/target.ts";
import { CouponService, IssueCouponRequestSchema } from "../../gen/allot/v1/coupon_pb.js";
import { issueCouponCodec } from "../../rpc/issue-coupon-codec.ts";
import { deeds, gate, routes } from "./deeds.fixture.ts";
import { Lane } from "./lane.ts";

/**
 * The same requests through the fast lane and through connect, which is reached by spelling the content type in capitals: to connect it is the same, to
 * the fast lane unusual. What comes back must be the same: status, headers in their order, trailers, and bytes.
 */
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  // The id of an internal error, the one thing that would differ.
  const randomBytes = (size: number) => (size === 6 ? Buffer.alloc(6) : crypto.randomBytes(size));
  return { ...crypto, randomBytes };
});

let target: Target;
let began: MockInstance;
beforeAll(async () => {
  target = await startTarget({
    routes,
    gates: [gate],
    codecs: new Map([[CouponService.method.issueCoupon, issueCouponCodec]]),
    env: {
      ALLOT_REQUEST_TIMEOUT_MS: "400",
      ALLOT_CORS_ORIGINS: "https://shop.example",
      ALLOT_TRUSTED_PROXIES: "127.0.0.0/8",
    },
  });
});
afterAll(() => target.stop(1_000));
beforeEach(() => {
  began = vi.spyOn(Lane.prototype, "begin");
});
afterEach(() => began.mockRestore());

const userId = fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.constantFrom("ada", "한글", ""));
const message = fc.record({
  campaignId: fc.constantFrom(...deeds.filter((deed) => deed !== "slow"), "other"),
  userId,
});
const header = fc.constantFrom(
  ["accept-encoding", "gzip, br"],
  ["accept-encoding", "br"],
  ["accept-encoding", "zstd, identity"],
  ["connect-protocol-version", "1"],
  ["authorization", "no"],
  ["authorization", "later"],
  ["x-gate", "shut"],
  ["origin", "https://shop.example"],
  ["origin", "https://other.example"],
  ["x-forwarded-for", "203.0.113.9, 127.0.0.1"],
  ["x-seen", 'it\'s; "me"'],
  ["user-agent", "test/1 (x)"],
) as fc.Arbitrary<[string, string]>;
const headers = fc.uniqueArray(header, { selector: ([name]) => name, maxLength: 5 });

const path = "/allot.v1.CouponService/IssueCoupon";

interface Ask {
  body: Buffer;
  json: boolean;
  headers: [string, string][];
}

const ask: fc.Arbitrary<Ask> = fc
  .record({ message, json: fc.boolean(), headers, spoil: fc.option(fc.nat({ max: 60 }), { freq: 6 }) })
  .map(({ message: init, json, headers, spoil }) => {
    const request = create(IssueCouponRequestSchema, { ...init, userId: init.userId.toWellFormed() });
    const bytes = Buffer.from(
      json ? toJsonString(IssueCouponRequestSchema, request) : toBinary(IssueCouponRequestSchema, request),
    );
    // Cut short somewhere, which mostly is no message any more.
    return { body: spoil === null ? bytes : bytes.subarray(0, spoil), json, headers };
  });

const masked = (text: string) => text.replace(/(date: )[^\r\n]+/i, "$1…");

/** A connection over HTTP/1.1 that reads one answer after the other, byte by byte. */
function http1Client() {
  const socket = net.connect(target.port, "127.0.0.1");
  let seen: Buffer = Buffer.alloc(0);
  let arrived = () => {};
  socket.on("data", (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    arrived();
  });
  socket.on("close", () => arrived());
  const more = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    });
  return {
    socket,
    async ask(contentType: string, { body, headers }: Ask): Promise<string> {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const head = `POST ${path} HTTP/1.1\r\nHost: here:${target.port}\r\nContent-Type: ${contentType}\r\n${lines}`;
      socket.write(Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]));
      for (;;) {
        const text = seen.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (end >= 0 && seen.length >= end + 4 + length) {
          seen = seen.subarray(end + 4 + length);
          return masked(text.slice(0, end + 4 + length));
        }
        if (socket.destroyed) throw new Error(`closed after ${text}`);
        await more();
      }
    },
  };
}

test("Connect over HTTP/1.1: every byte of the answer", async () => {
  const slow = http1Client();
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(ask, async (asked) => {
      const [plain, unusual] = asked.json
        ? ["application/json", "application/JSON"]
        : ["application/proto", "application/Proto"];
      const before = began.mock.calls.length;
      // A connection of its own, because a message that does not decode takes its connection to node:http for good.
      const fast = http1Client();
      const answer = await fast.ask(plain!, asked);
      calls += began.mock.calls.length - before;
      fast.socket.destroy();
      const between = began.mock.calls.length;
      expect(answer).toBe(await slow.ask(unusual!, asked));
      expect(began.mock.calls.length).toBe(between);
    }),
    { numRuns: 400 },
  );
  expect(calls).toBeGreaterThan(150);
  slow.socket.destroy();
});

interface Http2Answer {
  headers: [string, unknown][];
  trailers: [string, unknown][];
  body: string;
}

async function askHttp2(
  session: http2.ClientHttp2Session,
  contentType: string,
  { body, headers }: Ask,
): Promise<Http2Answer> {
  const stream = session.request({
    ...Object.fromEntries(headers),
    ":method": "POST",
    ":path": path,
    "content-type": contentType,
  });
  stream.end(body);
  const answer: Http2Answer = { headers: [], trailers: [], body: "" };
  const entries = (of: http2.IncomingHttpHeaders) =>
    Object.entries(of).map(([name, value]): [string, unknown] => [name, name === "date" ? "…" : value]);
  stream.on("response", (of) => {
    answer.headers = entries(of);
  });
  stream.on("trailers", (of) => {
    answer.trailers = entries(of);
  });
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "close");
  answer.body = Buffer.concat(chunks).toString("latin1");
  return answer;
}

const framed = (body: Buffer, flags = 0, length = body.length) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, body]);
};

test.each([
  {
    name: "Connect",
    types: ["application/proto", "application/Proto", "application/json", "application/JSON"],
    frame: false,
  },
  {
    name: "gRPC",
    types: [
      "application/grpc+proto",
      "application/grpc+PROTO",
      "application/grpc+json",
      "application/grpc+JSON",
    ],
    frame: true,
  },
  {
    name: "gRPC, protobuf unsaid",
    types: ["application/grpc", "application/gRPC", "application/grpc+json", "application/grpc+JSON"],
    frame: true,
  },
])("$name over HTTP/2: status, headers, trailers and bytes", async ({ types, frame }) => {
  const session = http2.connect(target.url);
  const grpcHeader = fc.constantFrom(
    ["grpc-accept-encoding", "identity,deflate,gzip"],
    ["grpc-accept-encoding", "identity"],
    ["grpc-timeout", "5S"],
    ["grpc-timeout", "never"],
    ["grpc-encoding", "identity"],
    ["grpc-encoding", "gzip"],
    ["te", "trailers"],
    ["connect-timeout-ms", "5000"],
    ["connect-timeout-ms", "-1"],
  ) as fc.Arbitrary<[string, string]>;
  const more = fc.uniqueArray(grpcHeader, { selector: ([name]) => name, maxLength: 3 });
  const spoil = fc.option(fc.constantFrom(1, 2, 3), { freq: 8 });
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(ask, more, spoil, async (asked, extra, wrong) => {
      let { body } = asked;
      if (frame) {
        body = framed(body);
        if (wrong === 1) body = framed(asked.body, 1);
        if (wrong === 2) body = framed(asked.body, 0, asked.body.length + 1);
        if (wrong === 3) body = Buffer.concat([body, body]);
      }
      const sent = { ...asked, body, headers: [...asked.headers, ...extra] };
      const [plain, unusual] = asked.json ? types.slice(2) : types;
      const before = began.mock.calls.length;
      const answer = await askHttp2(session, plain!, sent);
      calls += began.mock.calls.length - before;
      const between = began.mock.calls.length;
      expect(answer).toEqual(await askHttp2(session, unusual!, sent));
      expect(began.mock.calls.length).toBe(between);
    }),
    { numRuns: 300 },
  );
  expect(calls).toBeGreaterThan(100);
  session.destroy();
});

test("an answer that comes too late is DEADLINE_EXCEEDED on both lanes", async () => {
  const body = Buffer.from('{"campaignId":"slow","userId":"u"}');
  const sent: Ask = { body, json: true, headers: [] };
  const [fast, slow] = [http1Client(), http1Client()];
  const [one, other] = await Promise.all([
    fast.ask("application/json", sent),
    slow.ask("application/JSON", sent),
  ]);
  expect(one).toContain("DEADLINE_EXCEEDED");
  // connect's lane gives the connection up, since it can't know whether the request was read.
  expect(one.replace(/Connection: .*/s, "")).toBe(other.replace(/Connection: .*/s, ""));
  const session = http2.connect(target.url);
  const grpc = { ...sent, body: framed(body) };
  const answer = await askHttp2(session, "application/grpc+json", grpc);
  expect(answer).toEqual(await askHttp2(session, "application/grpc+JSON", grpc));
  for (const { socket } of [fast, slow]) socket.destroy();
  session.destroy();
});

test("both lanes count alike", async () => {
  const counts = async () => {
    const { values } = await target.metrics.requests.get();
    return Object.fromEntries(
      values.map(({ labels, value }) => [`${labels.method} ${labels.code} ${labels.reason}`, value]),
    );
  };
  const client = http1Client();
  const other = http1Client();
  const send = async (which: typeof client, contentType: string) => {
    const before = await counts();
    for (const deed of ["coupon", "refusal", "fault", "broken", "later"]) {
      await which.ask(contentType, {
        body: Buffer.from(JSON.stringify({ campaignId: deed, userId: "u" })),
        json: true,
        headers: [],
      });
    }
    await expect
      .poll(async () => Object.values(await counts()).reduce((sum, n) => sum + n, 0))
      .toBe(Object.values(before).reduce((sum, n) => sum + n, 0) + 5);
    const after = await counts();
    return Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)]));
  };
  const fast = await send(client, "application/json");
  expect(began).toHaveBeenCalledTimes(5);
  const slow = await send(other, "application/JSON");
  expect(began).toHaveBeenCalledTimes(5);
  const told = (of: Record<string, number>) => Object.entries(of).filter(([, n]) => n > 0);
  expect(told(fast).sort()).toEqual(told(slow).sort());
  for (const { socket } of [client, other]) socket.destroy();
});
