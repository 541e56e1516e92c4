import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type StreamRequest,
} from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CampaignService, GetCampaignResponseSchema } from "../gen/allot/v1/campaign_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { type FaultReason, fault, faultInterceptor, invalid, reasonOf } from "./errors.ts";

interface Logged {
  fields: { errorId?: string; err?: unknown };
}

/** What a client sees when a handler throws, and what was logged. */
async function thrownBy(handler: () => never): Promise<{ error: ConnectError; logged: Logged[] }> {
  const logged: Logged[] = [];
  const log = { error: (fields: object) => logged.push({ fields }) };
  const transport = createRouterTransport(
    ({ service }) => service(CampaignService, { getCampaign: handler }),
    {
      router: { interceptors: [faultInterceptor(log)] },
    },
  );
  const error = await createClient(CampaignService, transport)
    .getCampaign({})
    .then(() => expect.unreachable(), ConnectError.from);
  return { error, logged };
}

test.each<[FaultReason, Code]>([
  ["CAMPAIGN_NOT_FOUND", Code.NotFound],
  ["COUPON_NOT_FOUND", Code.NotFound],
  ["WRONG_MECHANIC", Code.FailedPrecondition],
  ["NOT_DELETABLE", Code.FailedPrecondition],
  ["RATE_LIMITED", Code.ResourceExhausted],
  ["REQUEST_ID_REUSED", Code.AlreadyExists],
  ["CAMPAIGN_EXISTS", Code.AlreadyExists],
  ["REVISION_MISMATCH", Code.Aborted],
  ["NOT_ALLOWED", Code.PermissionDenied],
  ["UNAUTHENTICATED", Code.Unauthenticated],
  ["OVERLOADED", Code.Unavailable],
  ["STORE_UNAVAILABLE", Code.Unavailable],
  ["LEDGER_UNAVAILABLE", Code.Unavailable],
  ["LEDGER_BEHIND", Code.Unavailable],
  ["DEADLINE_EXCEEDED", Code.DeadlineExceeded],
])("%s reaches the caller with its code, reason and text", async (reason, code) => {
  const { error, logged } = await thrownBy(() => {
    throw fault(reason, "what to do about it");
  });
  expect(error.code).toBe(code);
  expect(error.rawMessage).toBe("what to do about it");
  expect(error.findDetails(ErrorInfoSchema)).toEqual([create(ErrorInfoSchema, { reason, domain: "allot" })]);
  // Exactly what a retry can help against comes with a hint when.
  expect(error.findDetails(RetryInfoSchema)).toHaveLength(
    [Code.Unavailable, Code.ResourceExhausted].includes(code) ? 1 : 0,
  );
  expect(logged).toEqual([]);
});

test("a retry hint can be given", async () => {
  const { error } = await thrownBy(() => {
    throw fault("OVERLOADED", "busy", 1_500);
  });
  expect(durationMs(error.findDetails(RetryInfoSchema)[0]!.retryDelay!)).toBe(1_500);
});

test("bad fields are named, all of them", async () => {
  const { error } = await thrownBy(() => {
    throw invalid([
      { field: "campaign.end_time", problem: "must be after start_time" },
      { field: "campaign.prizes[0].quota", problem: "must be at least 1" },
    ]);
  });
  expect(error.code).toBe(Code.InvalidArgument);
  expect(error.rawMessage).toBe(
    "campaign.end_time: must be after start_time; campaign.prizes[0].quota: must be at least 1",
  );
  expect(error.findDetails(BadRequestSchema)[0]!.fieldViolations).toMatchObject([
    { field: "campaign.end_time", description: "must be after start_time" },
    { field: "campaign.prizes[0].quota", description: "must be at least 1" },
  ]);
});

test("the text of an unexpected error stays here, under an id that the caller gets", async () => {
  const cause = new Error("connect ECONNREFUSED root:pw@10.0.0.5");
  const { error, logged } = await thrownBy(() => {
    throw cause;
  });
  expect(error.code).toBe(Code.Internal);
  expect(error.message).not.toContain("10.0.0.5");
  const { errorId } = logged[0]!.fields;
  expect(logged).toMatchObject([{ fields: { err: cause } }]);
  expect(errorId).toMatch(/^[0-9a-f]{12}$/);
  expect(error.rawMessage).toContain(errorId);
  expect(error.findDetails(ErrorInfoSchema)[0]).toMatchObject({
    reason: "INTERNAL",
    metadata: { error_id: errorId },
  });
});

test("connect's own errors pass", async () => {
  const { error } = await thrownBy(() => {
    throw new ConnectError("not here", Code.Unimplemented);
  });
  expect(error).toMatchObject({ code: Code.Unimplemented, rawMessage: "not here" });
  expect(reasonOf(error)).toBeUndefined();
});

test("a stream's errors are translated too, after messages have been sent", async () => {
  const transport = createRouterTransport(
    ({ service }) =>
      service(Health, {
        async *watch() {
          yield {};
          throw fault("STORE_UNAVAILABLE", "try again");
        },
      }),
    { router: { interceptors: [faultInterceptor({ error: () => {} })] } },
  );
  const received: unknown[] = [];
  const reading = (async () => {
    for await (const message of createClient(Health, transport).watch({})) received.push(message);
  })();
  const error = await reading.then(() => expect.unreachable(), ConnectError.from);
  expect(received).toHaveLength(1);
  expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "STORE_UNAVAILABLE"]);
});

test("a call that its client ended is no error of ours", async () => {
  const ended = Promise.withResolvers<void>();
  const transport = createRouterTransport(
    ({ service }) =>
      service(Health, {
        async *watch(_, { signal }) {
          yield {};
          try {
            await once(signal, "abort");
            signal.throwIfAborted();
          } finally {
            setImmediate(ended.resolve);
          }
        },
      }),
    { router: { interceptors: [faultInterceptor({ error: () => ended.reject(new Error("logged")) })] } },
  );
  const leaving = new AbortController();
  const statuses = createClient(Health, transport)
    .watch({}, { signal: leaving.signal })
    [Symbol.asyncIterator]();
  await statuses.next();
  const left = expect(statuses.next()).rejects.toMatchObject({ code: Code.Canceled });
  leaving.abort();
  await Promise.all([left, ended.promise]);
});

test("a client that leaves in the middle of its messages is no error of ours", async () => {
  const interceptor = faultInterceptor({ error: () => expect.unreachable() });
  async function* cut() {
    yield {};
    throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  }
  const request = { stream: true, message: cut(), method: Health.method.watch, signal: AbortSignal.any([]) };
  const call = interceptor(async (given) => {
    for await (const _ of given.message as AsyncIterable<unknown>);
    return expect.unreachable();
  });
  await expect(call(request as unknown as StreamRequest)).rejects.toMatchObject({ code: Code.Canceled });
});

test("without an error nothing changes", async () => {
  const campaign = { id: "a" };
  const transport = createRouterTransport(
    ({ service }) => service(CampaignService, { getCampaign: () => ({ campaign }) }),
    {
      router: { interceptors: [faultInterceptor({ error: () => expect.unreachable() })] },
    },
  );
  expect(await createClient(CampaignService, transport).getCampaign({})).toEqual(
    create(GetCampaignResponseSchema, { campaign }),
  );
});
