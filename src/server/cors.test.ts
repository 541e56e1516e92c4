import { once } from "node:events";
import http2 from "node:http2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";

const named = "https://shop.example";
const other = "https://elsewhere.example";
let target: Target;
beforeAll(async () => {
  target = await startTarget({ env: { ALLOT_CORS_ORIGINS: `${named},http://localhost:3000` } });
});
afterAll(() => target.stop(1_000));

function preflight(url: string, origin: string): Promise<Response> {
  return fetch(`${url}/allot.v1.CouponService/IssueCoupon`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,connect-protocol-version,x-grpc-web,authorization",
    },
  });
}

function call(url: string, origin: string): Promise<Response> {
  return fetch(`${url}/allot.v1.CouponService/IssueCoupon`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: '{"campaignId":"none","userId":"u"}',
  });
}

test.each([named, "http://localhost:3000"])("a page of %s may ask", async (origin) => {
  const response = await preflight(target.url, origin);
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  expect(response.headers.get("access-control-allow-methods")).toContain("POST");
  const allowed = response.headers.get("access-control-allow-headers")?.toLowerCase().split(", ");
  // What Connect-Web and gRPC-Web send.
  expect(allowed).toEqual(
    expect.arrayContaining([
      "authorization",
      "content-type",
      "connect-protocol-version",
      "connect-timeout-ms",
      "grpc-timeout",
      "x-grpc-web",
      "x-user-agent",
    ]),
  );
});

test("and may read the answer, errors of gRPC-Web too", async () => {
  const response = await call(target.url, named);
  expect(response.status).toBe(404);
  expect(response.headers.get("access-control-allow-origin")).toBe(named);
  expect(response.headers.get("vary")).toContain("origin");
  const exposed = response.headers.get("access-control-expose-headers")?.toLowerCase();
  for (const name of ["grpc-status", "grpc-message", "grpc-status-details-bin"])
    expect(exposed).toContain(name);
});

test("over HTTP/2 as well", async () => {
  const session = http2.connect(target.url);
  const stream = session.request({ ":path": "/readyz", origin: named });
  const [headers] = await once(stream, "response");
  expect(headers["access-control-allow-origin"]).toBe(named);
  stream.resume();
  await once(stream, "close");
  session.close();
});

test("a page of any other origin may not", async () => {
  const response = await preflight(target.url, other);
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("ALLOT_CORS_ORIGINS");
  for (const { headers } of [response, await call(target.url, other)]) {
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    // Or a cache would give one origin's answer to another.
    expect(headers.get("vary")).toContain("origin");
  }
});

test("with no origins named, nobody's page may", async () => {
  const closed = await startTarget();
  expect((await preflight(closed.url, named)).status).toBe(403);
  expect((await call(closed.url, named)).headers.get("access-control-allow-origin")).toBeNull();
  await closed.stop(1_000);
});
