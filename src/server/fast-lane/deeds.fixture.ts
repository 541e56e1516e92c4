import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { CouponService, Coupon_State as State } from "../../gen/allot/v1/coupon_pb.js";
import { Reason } from "../../gen/allot/v1/refusal_pb.js";
import { fault, invalid } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import { callerAddress, exactAddress } from "../caller.ts";

/** Every kind of answer that a handler can give: the campaign of a request names it. */
export const deeds = [
  ...[
    "coupon",
    "refusal",
    "later",
    "fault",
    "fields",
    "metadata",
    "broken",
    "big",
    "adorned",
    "context",
    "gate",
    "late-gate",
  ],
  "slow",
];

export const gate: Gate = (call) => {
  const wish = call.header("authorization");
  if (wish === "no") throw fault("NOT_ALLOWED", "by the gate");
  if (wish !== "later") return;
  return new Promise((resolve, reject) =>
    setImmediate(call.header("x-gate") === "shut" ? () => reject(fault("UNAUTHENTICATED", "späť")) : resolve),
  );
};

export function routes(router: ConnectRouter): void {
  const coupon = (userId: string, code = "CODE") => ({
    outcome: {
      case: "coupon" as const,
      value: {
        code,
        campaignId: "c",
        prizeId: "p",
        userId,
        state: State.ISSUED,
        issueTime: timestampFromMs(1_700_000_000_123),
      },
    },
  });
  router.service(CouponService, {
    async issueCoupon({ campaignId, userId }, context) {
      switch (campaignId) {
        case "coupon":
          return coupon(userId);
        case "refusal":
          return { outcome: { case: "refusal", value: { reason: Reason.SOLD_OUT } } };
        case "later":
          await new Promise((resolve) => setTimeout(resolve, 2));
          return { ...coupon(userId), replayed: true };
        case "fault":
          throw fault("OVERLOADED", "too much: žluťoučký 100%");
        case "fields":
          throw invalid([{ field: "user_id", problem: "no" }]);
        case "metadata":
          throw new ConnectError("mine", Code.Aborted, { "x-mine": "1", "content-type": "no" });
        case "broken":
          throw new Error("secret");
        case "big":
          return coupon("é".repeat(3_000));
        case "adorned":
          context.responseHeader.set("x-extra", userId.replace(/[^a-z]/g, "") || "none");
          context.responseTrailer.set("x-after", "1");
          return coupon(userId);
        case "context": {
          const { values, method, service, requestMethod, protocolName, requestHeader, url } = context;
          const seen = [
            requestHeader.get("x-seen"),
            requestHeader.get("host"),
            requestHeader.get("content-length"),
          ];
          const limited = context.timeoutMs() !== undefined;
          return coupon(
            userId,
            [
              values.get(callerAddress),
              values.get(exactAddress),
              method.name,
              service.typeName,
              requestMethod,
              protocolName,
              url,
              seen,
              limited,
              context.signal.aborted,
            ].join(),
          );
        }
        case "slow":
          await new Promise((resolve) => setTimeout(resolve, 600));
          return coupon(userId);
        default:
          return {};
      }
    },
  });
}
