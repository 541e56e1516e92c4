import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import {
  type Coupon,
  CouponSchema,
  CouponService,
  Coupon_State as State,
} from "../../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import type { Small } from "./small.ts";

/** Ways in which redeeming can be wrong; each must turn the audit red. */
export const tillFaults = [
  "redeems a coupon twice",
  "loses a redemption",
  "records another order",
  "redeems what nobody asked for",
  "forgets an order",
  "does not say that it repeats",
  "redeems another's",
  "redeems what was taken back",
  "keeps what was taken back",
  "keeps the returned quota",
  "returns more than there was",
  "redeems a wrong code",
  "loses a coupon",
] as const;

export type TillFault = (typeof tillFaults)[number];

interface Asked {
  code: string;
  orderId: string;
  userId?: string;
}

const refused = (reason: Reason) => ({ outcome: { case: "refusal" as const, value: { reason } } });
const done = (coupon: Coupon, replayed: boolean) => ({
  outcome: { case: "coupon" as const, value: coupon },
  replayed,
});

/** Coupons and what becomes of them: honest unless it is given a fault, which every tenth request meets. */
export class SmallTill implements Small {
  readonly #fault: TillFault | undefined;
  readonly #coupons = new Map<string, Coupon>();
  readonly #byUser = new Map<string, string>();
  #campaign!: Campaign;
  #returned = 0;
  #requests = 0;

  constructor(fault?: TillFault) {
    this.#fault = fault;
  }

  begin(campaign: Campaign): void {
    this.#campaign = campaign;
  }

  stats() {
    const issued = this.#coupons.size;
    return { issued, remaining: Math.max(0, this.#left) };
  }

  routes(router: ConnectRouter): void {
    router.service(CouponService, {
      issueCoupon: ({ userId }) => this.#issue(userId),
      issueCoupons: ({ requests }) => ({ results: requests.map(({ userId }) => this.#issue(userId)) }),
      listCoupons: () => ({ coupons: this.#listed() }),
      reserveCoupon: (asked) =>
        this.#act(asked, (coupon, isOwn) => {
          if (coupon.state === State.RESERVED)
            return isOwn ? done(coupon, true) : refused(Reason.COUPON_RESERVED);
          return done(Object.assign(coupon, { state: State.RESERVED, orderId: asked.orderId }), false);
        }),
      confirmCoupon: (asked) =>
        this.#act(asked, (coupon, isOwn) =>
          coupon.state === State.RESERVED && isOwn
            ? this.#redeem(coupon, asked)
            : refused(Reason.RESERVATION_LAPSED),
        ),
      releaseCoupon: (asked) =>
        this.#act(asked, (coupon, isOwn) => {
          if (!isOwn) return done(coupon, true);
          return done(Object.assign(coupon, { state: State.ISSUED, orderId: "" }), false);
        }),
      redeemCoupon: (asked) =>
        this.#act(asked, (coupon, isOwn) =>
          coupon.state === State.RESERVED && !isOwn
            ? refused(Reason.COUPON_RESERVED)
            : this.#redeem(coupon, asked),
        ),
      revokeCoupon: ({ code, returnQuota }) => this.#revoke(code, returnQuota),
    });
  }

  get #left(): number {
    return this.#campaign.prizes[0]!.quota! - this.#coupons.size + this.#returned;
  }

  #now(fault: TillFault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  #issue(userId: string) {
    const known = this.#byUser.get(userId);
    if (known !== undefined) return done(this.#coupons.get(known)!, true);
    if (this.#left <= 0) return refused(Reason.SOLD_OUT);
    const code = `CODE${String(this.#coupons.size).padStart(6, "0")}`;
    const coupon = create(CouponSchema, {
      ...{ code, userId, campaignId: this.#campaign.id, prizeId: "coupon", state: State.ISSUED },
      issueTime: timestampFromMs(Date.now()),
    });
    this.#coupons.set(code, coupon);
    this.#byUser.set(userId, code);
    return done(coupon, false);
  }

  /** What goes before the rules of each act. */
  #act(
    { code, orderId, userId = "" }: Asked,
    act: (coupon: Coupon, isOwn: boolean) => ReturnType<typeof done> | ReturnType<typeof refused>,
  ) {
    this.#requests++;
    const coupon = this.#coupons.get(code);
    if (!coupon) {
      if (this.#fault === "redeems a wrong code") return done(create(CouponSchema, { code, orderId }), false);
      throw new ConnectError("no such coupon", Code.NotFound, undefined, [
        { desc: ErrorInfoSchema, value: { reason: "COUPON_NOT_FOUND", domain: "allot" } },
      ]);
    }
    const isOthers = userId !== "" && userId !== coupon.userId;
    if (isOthers && this.#fault !== "redeems another's") return refused(Reason.NOT_OWNER);
    if (coupon.revokeTime && this.#fault !== "redeems what was taken back")
      return refused(Reason.COUPON_REVOKED);
    const isOwn = coupon.orderId === orderId;
    if (coupon.redeemTime) {
      if (isOwn) return this.#again(coupon);
      if (!this.#now("redeems a coupon twice")) return refused(Reason.ALREADY_REDEEMED);
      return done({ ...coupon, orderId }, false);
    }
    return act(coupon, isOwn);
  }

  #again(coupon: Coupon) {
    if (this.#fault === "forgets an order") return refused(Reason.ALREADY_REDEEMED);
    return done(coupon, this.#fault !== "does not say that it repeats");
  }

  #redeem(coupon: Coupon, { orderId }: Asked) {
    return done(
      Object.assign(coupon, { state: State.REDEEMED, orderId, redeemTime: timestampFromMs(Date.now()) }),
      false,
    );
  }

  #revoke(code: string, returnQuota: boolean) {
    const coupon = this.#coupons.get(code)!;
    if (coupon.revokeTime) return { coupon };
    coupon.revokeTime = timestampFromMs(Date.now());
    if (this.#fault !== "keeps what was taken back") coupon.state = State.REVOKED;
    if (returnQuota) {
      this.#byUser.delete(coupon.userId);
      if (this.#fault !== "keeps the returned quota") this.#returned++;
      if (this.#fault === "returns more than there was") this.#returned++;
    }
    return { coupon };
  }

  /** As it is written down. */
  #listed(): Coupon[] {
    const list = [...this.#coupons.values()].map((coupon) => ({ ...coupon }));
    const first = list.find(({ redeemTime, revokeTime }) => redeemTime && !revokeTime)!;
    if (this.#fault === "loses a redemption") first.redeemTime = undefined;
    if (this.#fault === "records another order") first.orderId = "another";
    if (this.#fault === "redeems what nobody asked for") {
      const free = list.find(({ redeemTime }) => !redeemTime)!;
      Object.assign(free, { redeemTime: timestampFromMs(Date.now()), orderId: "nobody" });
    }
    return this.#fault === "loses a coupon" ? list.slice(1) : list;
  }
}
