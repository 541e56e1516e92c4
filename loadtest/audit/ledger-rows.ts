import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Coupon } from "../../src/gen/allot/v1/coupon_pb.js";
import type { Naming } from "../record/naming.ts";

/** One coupon of the ledger. `user` is the number of a user of this run; undefined for others. */
export interface LedgerRow {
  code: string;
  userId: string;
  user: number | undefined;
  prizeId: string;
  campaignId: string;
  issueTimeMs: number;
}

const capacityAtFirst = 4_096;

/** The coupons that the ledger has for a campaign, found by code; about 100 bytes each. */
export class LedgerRows {
  /** Codes that came up again, with the user of the later row. */
  readonly repeated: LedgerRow[] = [];
  /** Rows of another campaign: none, unless the list is wrong. */
  readonly foreign: LedgerRow[] = [];
  readonly #naming: Naming;
  readonly #byCode = new Map<string, number>();
  readonly #prizeIds: string[] = [];
  /** Users of other runs; a row's user is their place here, counted down from −1. */
  readonly #strangers: string[] = [];
  #users = new Int32Array(capacityAtFirst);
  #prizes = new Uint16Array(capacityAtFirst);
  #issueTimes = new Float64Array(capacityAtFirst);
  #length = 0;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** Rows with distinct codes. */
  get length(): number {
    return this.#length;
  }

  /** All rows that were read. */
  get total(): number {
    return this.#length + this.repeated.length;
  }

  add(coupon: Coupon, campaignId: string): void {
    const row: LedgerRow = {
      code: coupon.code,
      userId: coupon.userId,
      user: this.#naming.user(coupon.userId),
      prizeId: coupon.prizeId,
      campaignId: coupon.campaignId,
      issueTimeMs: coupon.issueTime ? timestampMs(coupon.issueTime) : Number.NaN,
    };
    if (row.campaignId !== campaignId) this.foreign.push(row);
    if (this.#byCode.has(row.code)) {
      this.repeated.push(row);
      return;
    }
    if (this.#length === this.#users.length) this.#grow();
    const at = this.#length++;
    this.#byCode.set(row.code, at);
    this.#users[at] = row.user ?? -this.#strangers.push(row.userId);
    this.#prizes[at] = this.#prizeNumber(row.prizeId);
    this.#issueTimes[at] = row.issueTimeMs;
  }

  /** The place of a code's row; undefined if the ledger lacks it. */
  find(code: string): number | undefined {
    return this.#byCode.get(code);
  }

  userAt(at: number): number | undefined {
    const user = this.#users[at]!;
    return user < 0 ? undefined : user;
  }

  userIdAt(at: number): string {
    const user = this.#users[at]!;
    return user < 0 ? this.#strangers[-user - 1]! : this.#naming.userId(user);
  }

  prizeIdAt(at: number): string {
    return this.#prizeIds[this.#prizes[at]!]!;
  }

  issueTimeMsAt(at: number): number {
    return this.#issueTimes[at]!;
  }

  codes(): IterableIterator<string> {
    return this.#byCode.keys();
  }

  #prizeNumber(prizeId: string): number {
    const known = this.#prizeIds.indexOf(prizeId);
    return known < 0 ? this.#prizeIds.push(prizeId) - 1 : known;
  }

  #grow(): void {
    const length = this.#users.length * 2;
    const users = new Int32Array(length);
    const prizes = new Uint16Array(length);
    const issueTimes = new Float64Array(length);
    users.set(this.#users);
    prizes.set(this.#prizes);
    issueTimes.set(this.#issueTimes);
    this.#users = users;
    this.#prizes = prizes;
    this.#issueTimes = issueTimes;
  }
}
