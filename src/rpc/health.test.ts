import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";
import { reasonOf } from "./errors.ts";

let target: Target;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(() => target.stop(1_000));

const health = () => createClient(Health, createGrpcTransport({ baseUrl: target.url }));

test("Check follows readiness, for the server and for each of its services", async () => {
  for (const service of ["", "allot.v1.CouponService", "grpc.health.v1.Health"]) {
    expect(await health().check({ service })).toMatchObject({ status: Status.SERVING });
  }
  target.readiness.block("ledger", "not reachable");
  expect(await health().check({ service: "allot.v1.CouponService" })).toMatchObject({
    status: Status.NOT_SERVING,
  });
  const error = await health().check({ service: "Nobody" }).catch(ConnectError.from);
  expect(error).toMatchObject({ code: Code.NotFound });
});

test("Watch tells the status and every change of it, until the server stops", async () => {
  const statuses = health().watch({ service: "allot.v1.CouponService" })[Symbol.asyncIterator]();
  const next = async () => (await statuses.next()).value?.status;
  expect(await next()).toBe(Status.SERVING);
  target.readiness.block("ledger", "not reachable");
  expect(await next()).toBe(Status.NOT_SERVING);
  target.readiness.block("store", "not reachable either");
  target.readiness.clear("ledger");
  target.readiness.clear("store");
  expect(await next()).toBe(Status.SERVING);

  const stopped = target.stop(60_000);
  expect(await next()).toBe(Status.NOT_SERVING);
  const error = await next().then(() => expect.unreachable(), ConnectError.from);
  expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "STOPPING"]);
  await stopped;
});

test("Watch of an unknown service says so and stays", async () => {
  const ending = new AbortController();
  const statuses = health().watch({ service: "Nobody" }, { signal: ending.signal })[Symbol.asyncIterator]();
  expect((await statuses.next()).value).toMatchObject({ status: Status.SERVICE_UNKNOWN });
  ending.abort();
  await expect(statuses.next()).rejects.toMatchObject({ code: Code.Canceled });
});
