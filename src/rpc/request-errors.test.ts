import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { Overloaded } from "../store/batcher.ts";
import { StoreUnavailable } from "../store/store.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { RequestErrors } from "./request-errors.ts";

function underTest() {
  const logged: object[] = [];
  const errors = new RequestErrors({ error: (fields) => logged.push(fields) });
  return { logged, errorOf: (thrown: unknown) => errors.of(thrown).outcome };
}

test.each([
  [new StoreUnavailable("redis:6379 refused"), "STORE_UNAVAILABLE", 1_000],
  [new Overloaded(), "OVERLOADED", 250],
])(
  "an outage has its reason and when to ask again, and nothing of its own text: %s",
  (outage, reason, retryMs) => {
    const { logged, errorOf } = underTest();
    expect(errorOf(outage)).toMatchObject({
      case: "error",
      value: {
        reason,
        message: expect.not.stringContaining("6379"),
        retryDelay: durationFromMs(retryMs),
      },
    });
    expect(logged).toEqual([]);
  },
);

test("misuse can't be helped by asking again", () => {
  const { errorOf } = underTest();
  const { value } = errorOf(campaignNotFound("nowhere"));
  expect(value).toMatchObject({ reason: "CAMPAIGN_NOT_FOUND", message: expect.stringContaining("nowhere") });
  expect(value).not.toHaveProperty("retryDelay");
});

test("what nobody expected is in the log, once, and the caller is told where", () => {
  const { logged, errorOf } = underTest();
  const thrown = new Error("user ada at 10.0.0.7");
  const first = errorOf(thrown);
  expect(errorOf(thrown)).toBe(first);
  expect(logged).toEqual([
    expect.objectContaining({ err: thrown, method: "allot.v1.CouponService/IssueCoupons" }),
  ]);
  const { errorId } = logged[0] as { errorId: string };
  expect(first).toMatchObject({
    case: "error",
    value: { reason: "INTERNAL", message: expect.stringContaining(errorId) },
  });
  expect((first.value as { message: string }).message).not.toMatch(/ada|10\.0/);
});
