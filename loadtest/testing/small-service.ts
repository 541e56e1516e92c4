import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type Campaign,
  type CampaignStats,
  CampaignStatsSchema,
} from "../../src/gen/allot/v1/campaign_pb.js";
import type { IssueCouponRequest } from "../../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";

/** Ways in which a service can be wrong; each must turn the audit red. */
export const faults = [
  "issues more than the quota",
  "stops short of the quota",
  "loses a coupon",
  "issues a coupon nobody asked for",
  "gives a code twice",
  "gives a user too many",
  "gives a user too many in a day",
  "gives an address too many",
  "records another user",
  "records another prize",
  "answers with another user's coupon",
  "forgets request ids",
  "refuses a repeated request",
  "leaks when a client hangs up",
  "issues before the start",
  "miscounts what it issued",
  "never drains",
] as const;

export type Fault = (typeof faults)[number];

export interface Row {
  code: string;
  campaignId: string;
  prizeId: string;
  userId: string;
  issueTime: Timestamp;
}

type Asked = Pick<IssueCouponRequest, "userId" | "requestId" | "address" | "prizeId">;
type Outcome = { coupon: Row; replayed: boolean } | { refusal: Reason };

/** One first-come campaign with one prize, in memory: honest unless it is given a fault. */
export class SmallService {
  readonly rows: Row[] = [];
  readonly #campaign: Campaign;
  readonly #fault: Fault | undefined;
  readonly #byRequest = new Map<string, Row>();
  readonly #byUser = new Map<string, Row[]>();
  readonly #byAddress = new Map<string, number>();
  #issued = 0;
  #requests = 0;

  constructor(campaign: Campaign, fault: Fault | undefined) {
    this.#campaign = campaign;
    this.#fault = fault;
  }

  /** Every tenth request meets the fault. */
  #now(fault: Fault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  issue({ userId, requestId, address, prizeId }: Asked): Outcome {
    this.#requests++;
    const limits = this.#campaign.limits;
    const mine = this.#byUser.get(userId) ?? [];
    const key = JSON.stringify([userId, requestId]);
    const known = this.#byRequest.get(key) ?? (limits?.perUser === 1 ? mine[0] : undefined);
    if (known && this.#now("refuses a repeated request")) return { refusal: Reason.SOLD_OUT };
    if (known && this.#fault !== "forgets request ids") return { coupon: known, replayed: true };

    const nowMs = Date.now();
    if (nowMs < timestampMs(this.#campaign.startTime!) && this.#fault !== "issues before the start")
      return { refusal: Reason.NOT_STARTED };
    const of = (limit: number | undefined) => limit || Number.POSITIVE_INFINITY;
    if (mine.length >= of(limits?.perUser) && !this.#now("gives a user too many"))
      return { refusal: Reason.USER_LIMIT_REACHED };
    if (mine.length >= of(limits?.perUserPerDay) && !this.#now("gives a user too many in a day"))
      return { refusal: Reason.USER_LIMIT_REACHED };
    const here = this.#byAddress.get(address) ?? 0;
    if (here >= of(limits?.perAddress) && !this.#now("gives an address too many"))
      return { refusal: Reason.ADDRESS_LIMIT_REACHED };
    if (this.#issued >= this.#quota) return { refusal: Reason.SOLD_OUT };

    const row: Row = {
      code: this.#code(),
      campaignId: this.#campaign.id,
      prizeId: prizeId || this.#campaign.prizes[0]!.id,
      userId,
      issueTime: timestampFromMs(nowMs),
    };
    this.#issued++;
    this.#byRequest.set(key, row);
    this.#byUser.set(userId, [...mine, row]);
    this.#byAddress.set(address, here + 1);
    this.#record(row);
    const wrong = this.#now("answers with another user's coupon") ? { userId: "somebody-else" } : {};
    return { coupon: { ...row, ...wrong }, replayed: false };
  }

  /** What an honest service never does: takes a coupon back because nobody waited for it, and forgets the unit. */
  hungUp({ userId, requestId }: Asked): void {
    const key = JSON.stringify([userId, requestId]);
    const row = this.#byRequest.get(key);
    if (this.#fault !== "leaks when a client hangs up" || !row) return;
    this.#byRequest.delete(key);
    this.#byUser.delete(userId);
    this.rows.splice(this.rows.indexOf(row), 1);
  }

  stats(): CampaignStats {
    const issued = this.rows.length + (this.#fault === "miscounts what it issued" ? 1 : 0);
    const quota = this.#campaign.prizes[0]!.quota;
    const remaining = quota === undefined ? undefined : Math.max(0, this.#quota - this.#issued);
    const undrained = this.#fault === "never drains" ? 1 : 0;
    const prizes = [{ prizeId: this.#campaign.prizes[0]!.id, issued, remaining }];
    return create(CampaignStatsSchema, { issued, remaining, undrained, prizes });
  }

  get #quota(): number {
    const quota = this.#campaign.prizes[0]!.quota ?? Number.POSITIVE_INFINITY;
    if (this.#fault === "issues more than the quota") return quota + 3;
    if (this.#fault === "stops short of the quota") return quota - 3;
    return quota;
  }

  #code(): string {
    if (this.#now("gives a code twice") && this.rows.length > 0) return this.rows[0]!.code;
    return `C${this.#issued.toString(36).toUpperCase().padStart(9, "0")}`;
  }

  #record(row: Row): void {
    if (this.#now("loses a coupon")) return;
    if (this.#now("issues a coupon nobody asked for")) this.rows.push({ ...row, code: `X${row.code}` });
    if (this.#now("records another user")) this.rows.push({ ...row, userId: "somebody-else" });
    else if (this.#now("records another prize")) this.rows.push({ ...row, prizeId: "p9" });
    else this.rows.push(row);
  }
}
