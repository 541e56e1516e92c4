import type { IssueCouponResponse } from "../gen/allot/v1/coupon_pb.js";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { type ErrorLog, reasonOf, toConnectError } from "./errors.ts";
import { outageAsFault } from "./outage.ts";

const { issueCoupons } = CouponService.method;

/** Errors as results of a batch's requests: the same that a call of its own would answer with. An outage hits many at once, and is told once. */
export class RequestErrors {
  readonly #log: ErrorLog;
  readonly #results = new Map<unknown, IssueCouponResponse>();

  constructor(log: ErrorLog) {
    this.#log = log;
  }

  of(thrown: unknown): IssueCouponResponse {
    return this.#results.getOrInsertComputed(thrown, () => this.#resultOf(thrown));
  }

  #resultOf(thrown: unknown): IssueCouponResponse {
    const method = `${issueCoupons.parent.typeName}/${issueCoupons.name}`;
    const error = toConnectError(outageAsFault(thrown), this.#log, method);
    const retryDelay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
    return {
      $typeName: "allot.v1.IssueCouponResponse",
      outcome: {
        case: "error",
        value: {
          $typeName: "allot.v1.RequestError",
          reason: reasonOf(error) ?? "",
          message: error.rawMessage,
          ...(retryDelay && { retryDelay }),
        },
      },
      replayed: false,
    };
  }
}
