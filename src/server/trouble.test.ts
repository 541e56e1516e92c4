import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type RawAnswer,
  type RawCall,
  rawConnect,
  rawGrpc,
  rawGrpcWeb,
} from "../../test/interop/raw-call.ts";
import { startTarget, type Target } from "../../test/interop/target.ts";
import { IssueCouponRequestSchema } from "../gen/allot/v1/coupon_pb.js";

let target: Target;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(async () => {
  // Whatever the trouble was, the server carries on.
  expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
  await target.stop(1_000);
});

const method = "allot.v1.CouponService/IssueCoupon";
const maxBytes = 65_536;
const truncated = Uint8Array.of(0x0a, 0x7f, 0x61);
const notUtf8 = Uint8Array.of(0x0a, 2, 0xff, 0xfe);
const request = toBinary(
  IssueCouponRequestSchema,
  create(IssueCouponRequestSchema, { campaignId: "none", userId: "u" }),
);

const protocols: Record<
  string,
  (call: Omit<RawCall, "url">, format: "proto" | "json") => Promise<RawAnswer>
> = {
  Connect: (call, format) =>
    rawConnect({
      ...call,
      url: target.url,
      headers: { "content-type": `application/${format}`, ...call.headers },
    }),
  gRPC: (call, format) =>
    rawGrpc({
      ...call,
      url: target.url,
      headers: { "content-type": `application/grpc+${format}`, ...call.headers },
    }),
  "gRPC-Web": (call, format) =>
    rawGrpcWeb({
      ...call,
      url: target.url,
      headers: { "content-type": `application/grpc-web+${format}`, ...call.headers },
    }),
};

describe.each(Object.entries(protocols))("over %s", (protocol, call) => {
  const encoding = protocol === "Connect" ? "content-encoding" : "grpc-encoding";

  test("a well-formed message, plain or compressed, gets through", async () => {
    const notFound = { code: Code.NotFound, reason: "CAMPAIGN_NOT_FOUND" };
    expect(await call({ method, body: request }, "proto")).toMatchObject(notFound);
    expect(await call({ method, body: '{"campaignId":"none","userId":"u"}' }, "json")).toMatchObject(
      notFound,
    );
    expect(
      await call({ method, body: gzipSync(request), headers: { [encoding]: "gzip" } }, "proto"),
    ).toMatchObject(notFound);
    expect(
      await call({ method, body: brotliCompressSync(request), headers: { [encoding]: "br" } }, "proto"),
    ).toMatchObject(notFound);
  });

  test.each([
    ["truncated protobuf", truncated, "identity"],
    ["text that is not UTF-8", notUtf8, "identity"],
    ["truncated protobuf, compressed", gzipSync(truncated), "gzip"],
    ["what is not compressed as it says", request, "gzip"],
    ["half of something compressed", gzipSync(request).subarray(0, 15), "gzip"],
  ])("%s is INVALID_ARGUMENT", async (_, body, compression) => {
    const headers: Record<string, string> = compression === "identity" ? {} : { [encoding]: compression };
    const answer = await call({ method, body, headers }, "proto");
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    expect(answer.message).toMatch(/^the message /);
  });

  test.each([
    ["nothing", "", /it is empty; \{\} is an empty message/],
    ["half a JSON", '{"campaignId":', /not JSON: it ends too early/],
    ["no JSON", "campaignId=none", /not JSON$/],
    ["almost JSON", '{"campaignId":"none",\n}', /not JSON: see position 22 \(line 2 column 1\)/],
    ["a key twice", '{"userId":"a","userId":"b"}', /a key twice/],
    ["JSON that is not UTF-8", Buffer.from('{"userId":"\xff"}', "latin1"), /not UTF-8/],
    ["half a character", '{"userId":"\\ud83d"}', /user_id: must be a string of valid Unicode/],
  ])("%s is INVALID_ARGUMENT and says so", async (_, body, message) => {
    const answer = await call({ method, body }, "json");
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    expect(answer.message).toMatch(message);
  });

  test("bad fields in JSON are named by their path", async () => {
    const body =
      '{"campaign":{"prizes":[{"quota":1},{"quota":-1},{"quota":9007199254740992},{"quotta":1}],"endTime":"soon"}}';
    expect(await call({ method: "allot.v1.CampaignService/CreateCampaign", body }, "json")).toMatchObject({
      code: Code.InvalidArgument,
      fields: [
        "campaign.prizes[1].quota",
        "campaign.prizes[2].quota",
        "campaign.prizes[3].quotta",
        "campaign.end_time",
      ],
    });
    const misspelt = '{"campaign":{"id":"a","prizes":[{"quotta":1}]}}';
    expect(
      await call({ method: "allot.v1.CampaignService/CreateCampaign", body: misspelt }, "json"),
    ).toMatchObject({
      code: Code.InvalidArgument,
      fields: ["campaign.prizes[0].quotta"],
    });
  });

  test("a message that is too large is RESOURCE_EXHAUSTED, the largest is not", async () => {
    const tooLarge = {
      code: Code.ResourceExhausted,
      reason: "MESSAGE_TOO_LARGE",
      message: expect.stringContaining("65536 bytes"),
    };
    const json = (size: number) => `{"campaignId":"none","userId":"${"x".repeat(size - 36)}"}`.padEnd(size);
    expect(await call({ method, body: json(maxBytes) }, "json")).toMatchObject({ code: Code.NotFound });
    expect(await call({ method, body: json(maxBytes + 1) }, "json")).toMatchObject(tooLarge);
    const bomb = gzipSync(Buffer.alloc(50 * maxBytes));
    expect(await call({ method, body: bomb, headers: { [encoding]: "gzip" } }, "proto")).toMatchObject(
      tooLarge,
    );
  });

  test("an unknown compression is UNIMPLEMENTED", async () => {
    expect(await call({ method, body: request, headers: { [encoding]: "zip" } }, "proto")).toMatchObject({
      code: Code.Unimplemented,
    });
  });
});

describe("requests in no protocol", () => {
  test.each(["text/plain", "application/xml", "application/json; charset=latin1", "application/grpc+xml"])(
    "%s is 415, names what is read, and is INVALID_ARGUMENT",
    async (type) => {
      const answer = await rawConnect({
        url: target.url,
        method,
        body: "{}",
        headers: { "content-type": type },
      });
      expect(answer).toMatchObject({ status: 415, code: Code.InvalidArgument, fields: ["content-type"] });
      expect(answer.header.get("accept-post")).toContain("application/json");
    },
  );

  test("a verb that a method doesn't have is 405", async () => {
    const answer = await rawConnect({ url: target.url, method, verb: "PUT", body: "{}" });
    expect(answer).toMatchObject({ status: 405, code: Code.InvalidArgument });
    expect(answer.header.get("allow")).toBe("POST");
    const reading = await rawConnect({
      url: target.url,
      method: "allot.v1.CampaignService/GetCampaign",
      verb: "DELETE",
    });
    expect(reading.header.get("allow")).toBe("POST, GET");
  });

  test("an unknown method is UNIMPLEMENTED", async () => {
    const answer = await rawConnect({ url: target.url, method: "allot.v1.CouponService/Nope", body: "{}" });
    expect(answer).toMatchObject({ status: 404, code: Code.Unimplemented });
  });

  test("GET with a message that is none", async () => {
    const get = (query: string) =>
      rawConnect({ url: target.url, method: "allot.v1.CampaignService/GetCampaign", verb: "GET", query });
    const message = encodeURIComponent('{"campaignId":"none"}');
    expect(await get(`?encoding=json&message=${message}`)).toMatchObject({ code: Code.NotFound });
    for (const query of [
      "?encoding=json&message={",
      "?encoding=json&base64=1&message=%%%",
      "?encoding=proto&base64=1&message=Cn9h",
    ]) {
      expect(await get(query)).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    }
    expect(await get("?encoding=xml")).toMatchObject({ status: 415 });
  });

  test("gRPC without a whole envelope", async () => {
    for (const envelope of [Buffer.alloc(0), Buffer.from([0, 0]), Buffer.from([0, 0, 0, 0, 9, 1])]) {
      const answer = await rawGrpc({ url: target.url, method, envelope });
      expect(answer.code).toBeOneOf([Code.InvalidArgument, Code.Unimplemented]);
    }
    const endless = await rawGrpc({
      url: target.url,
      method,
      envelope: Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
    });
    expect(endless).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });
  });

  test("a message of a stream that is none", async () => {
    for (const [service, rpc] of [
      ["grpc.health.v1.Health", "Watch"],
      ["grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"],
    ]) {
      const answer = await rawGrpc({ url: target.url, method: `${service}/${rpc}`, body: truncated });
      expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    }
  });

  test("a method that streams both ways needs HTTP/2 and says so", async () => {
    const response = await fetch(`${target.url}/grpc.reflection.v1.ServerReflection/ServerReflectionInfo`, {
      method: "POST",
      headers: { "content-type": "application/connect+json" },
    });
    expect(response.status).toBe(505);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining("HTTP/2") });
  });

  test.each(["Host: [", "Host: a b", "Host: here:99999", ""])(
    "a request line with '%s' is a bad request",
    async (host) => {
      const socket = net.connect(target.port).setEncoding("latin1");
      const lines = [`POST /${method} HTTP/1.0`, host, "Content-Type: application/json", "Content-Length: 2"];
      socket.write(`${lines.filter(Boolean).join("\r\n")}\r\n\r\n{}`);
      const [answer] = await once(socket, "data");
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      socket.destroy();
    },
  );

  test("any bytes at all", async () => {
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const opening = fc.constantFrom(
      Buffer.alloc(0),
      preface,
      Buffer.from(`POST /${method} HTTP/1.1\r\nHost: a\r\n`),
    );
    await fc.assert(
      fc.asyncProperty(opening, fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
        const socket = net.connect(target.port);
        socket.on("error", () => {}).resume();
        await once(socket, "connect");
        socket.end(Buffer.concat([start, rest]));
        await new Promise((resolve) => socket.write("", resolve));
        socket.destroy();
        expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
      }),
      { numRuns: 50 },
    );
  });
});

test("calls are counted by method, code and reason, and a client that hangs up as canceled", async () => {
  const json = { "content-type": "application/json" };
  const counted = async () => {
    const { values } = await target.metrics.requests.get();
    return Object.fromEntries(
      values.map(({ labels, value }) => [`${labels.code} ${labels.reason}`.trim(), value]),
    );
  };
  const ask = (body: string, headers: Record<string, string> = json) =>
    rawConnect({ url: target.url, method, body, headers });
  await rawConnect({
    url: target.url,
    method: "allot.v1.CampaignService/CreateCampaign",
    body: '{"campaign":{"id":"a","prizes":[{"quota":1}]}}',
    headers: json,
  });
  target.metrics.requests.reset();
  await ask('{"campaignId":"a","userId":"u"}');
  await ask('{"campaignId":"a","userId":"v"}');
  await ask('{"campaignId":"b","userId":"v"}');
  await ask('{"campaignId":"a"}');
  await ask("{");
  await ask("{}", { "content-type": "text/plain" });
  await ask("x".repeat(maxBytes + 1));
  await rawGrpc({ url: target.url, method, envelope: Buffer.from([0, 0]) });
  const hangUp = http.request(`${target.url}/${method}`, {
    method: "POST",
    headers: { ...json, "content-length": 9 },
  });
  hangUp.on("error", () => {}).write("{", () => hangUp.destroy());

  await expect.poll(counted).toEqual({
    ok: 1,
    "ok SOLD_OUT": 1,
    "not_found CAMPAIGN_NOT_FOUND": 1,
    "invalid_argument INVALID_ARGUMENT": 3,
    "resource_exhausted MESSAGE_TOO_LARGE": 1,
    "invalid_argument PROTOCOL_ERROR": 1,
    canceled: 1,
  });
  const { values } = await target.metrics.requestDuration.get();
  const total = values.find(
    ({ metricName, labels }) => metricName?.endsWith("_count") && labels.method === method,
  );
  expect(total?.value).toBe(9);
});
