import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Naming } from "../record/naming.ts";

/** What the ledger lists for a campaign, one of it; `key` tells it from all others. */
export interface Listed {
  key: string;
  campaignId: string;
  userId: string;
  /** Empty: no prize. */
  prizeId: string;
  time: Timestamp | undefined;
}

/** One row of the ledger. `user` is the number of a user of this run; undefined for others. */
export interface LedgerRow {
  key: string;
  userId: string;
  user: number | undefined;
  prizeId: string;
  campaignId: string;
  issueTimeMs: number;
}

const capacityAtFirst = 4_096;

/** What the ledger has for a campaign, found by its keys; about 100 bytes each. */
export class LedgerRows {
  /** Keys that came up again, with the user of the later row. */
  readonly repeated: LedgerRow[] = [];
  /** Rows of another campaign: none, unless the list is wrong. */
  readonly foreign: LedgerRow[] = [];
  readonly #naming: Naming;
  readonly #byKey = new Map<string, number>();
  readonly #prizeIds: string[] = [];
  /** Users of other runs; a row's user is their place here, counted down from −1. */
  readonly #strangers: string[] = [];
  #users = new Int32Array(capacityAtFirst);
  #prizes = new Uint16Array(capacityAtFirst);
  #issueTimes = new Float64Array(capacityAtFirst);
  #length = 0;
  #prized = 0;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** Rows with distinct keys. */
  get length(): number {
    return this.#length;
  }

  /** Rows that are of a prize, of all that were read. */
  get prized(): number {
    return this.#prized;
  }

  /** All rows that were read. */
  get total(): number {
    return this.#length + this.repeated.length;
  }

  add({ key, userId, prizeId, campaignId: ofCampaign, time }: Listed, campaignId: string): void {
    const row: LedgerRow = {
      key,
      userId,
      user: this.#naming.user(userId),
      prizeId,
      campaignId: ofCampaign,
      issueTimeMs: time ? timestampMs(time) : Number.NaN,
    };
    if (prizeId !== "") this.#prized++;
    if (row.campaignId !== campaignId) this.foreign.push(row);
    if (this.#byKey.has(row.key)) {
      this.repeated.push(row);
      return;
    }
    if (this.#length === this.#users.length) this.#grow();
    const at = this.#length++;
    this.#byKey.set(row.key, at);
    this.#users[at] = row.user ?? -this.#strangers.push(row.userId);
    this.#prizes[at] = this.#prizeNumber(row.prizeId);
    this.#issueTimes[at] = row.issueTimeMs;
  }

  /** The place of a key's row; undefined if the ledger lacks it. */
  find(key: string): number | undefined {
    return this.#byKey.get(key);
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

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
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
