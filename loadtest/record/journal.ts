import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { type Answer, leavesDoubt } from "./answer.ts";
import type { Naming } from "./naming.ts";
import { addViolation, noViolations, type Violations } from "./violation.ts";

/** What is known of one request id, over all its sends. */
export const fate = {
  /** Never sent. */
  unsent: 0,
  /** Sent, and no answer says whether there is a coupon. */
  unknown: 1,
  /** The last answer was no. */
  denied: 2,
  /** A coupon was acknowledged. */
  coupon: 3,
} as const;

const eligibleRefusals = new Set([
  Reason.SOLD_OUT,
  Reason.DAILY_QUOTA_REACHED,
  Reason.USER_LIMIT_REACHED,
  Reason.ADDRESS_LIMIT_REACHED,
]);

/** A journal as columns, one row a request id, in the form in which it travels between threads. */
export interface JournalPages {
  worker: number;
  length: number;
  users: Uint32Array<ArrayBuffer>;
  fates: Uint8Array<ArrayBuffer>;
  /** 1: the campaign was open when the request was answered, so it counts as demand. */
  eligible: Uint8Array<ArrayBuffer>;
  codeStarts: Uint32Array<ArrayBuffer>;
  codeLengths: Uint16Array<ArrayBuffer>;
  prizes: Uint16Array<ArrayBuffer>;
  codes: Uint8Array<ArrayBuffer>;
  prizeIds: string[];
  violations: Violations;
}

/** What of a journal's pages can change threads without being copied. */
export const buffersOf = (pages: JournalPages): ArrayBuffer[] =>
  [
    pages.users,
    pages.fates,
    pages.eligible,
    pages.codeStarts,
    pages.codeLengths,
    pages.prizes,
    pages.codes,
  ].map(({ buffer }) => buffer);

type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

const grown = <C extends Column>(column: C, length: number): C => {
  if (length <= column.length) return column;
  const larger = new (column.constructor as new (length: number) => C)(Math.max(length, column.length * 2));
  larger.set(column);
  return larger;
};

/** Every request id of one worker and what became of it: about 30 bytes each, whatever the run's length. */
export class Journal {
  readonly violations = noViolations();
  #length = 0;
  #codesLength = 0;
  #users = new Uint32Array(1_024);
  #fates = new Uint8Array(1_024);
  #eligible = new Uint8Array(1_024);
  #codeStarts = new Uint32Array(1_024);
  #codeLengths = new Uint16Array(1_024);
  #prizes = new Uint16Array(1_024);
  #codes = Buffer.alloc(16_384);
  readonly #prizeIds: string[] = [];
  readonly #served: Uint8Array;
  readonly #about: { worker: number; campaignId: string; naming: Naming; onePerUser: boolean };

  /** `onePerUser`: the campaign's limit, under which every request of a user is answered with the same coupon. */
  constructor(
    about: { worker: number; campaignId: string; naming: Naming; onePerUser: boolean },
    users: number,
  ) {
    this.#about = about;
    this.#served = new Uint8Array(users);
  }

  begin(user: number): number {
    const request = this.#length++;
    this.#users = grown(this.#users, this.#length);
    this.#fates = grown(this.#fates, this.#length);
    this.#eligible = grown(this.#eligible, this.#length);
    this.#codeStarts = grown(this.#codeStarts, this.#length);
    this.#codeLengths = grown(this.#codeLengths, this.#length);
    this.#prizes = grown(this.#prizes, this.#length);
    this.#users[request] = user;
    return request;
  }

  userOf(request: number): number {
    return this.#users[request]!;
  }

  /** Notes a send; true if a coupon has been acknowledged that the answer must repeat. */
  sent(request: number): boolean {
    if (this.#fates[request] === fate.unsent) this.#fates[request] = fate.unknown;
    return (
      this.#fates[request] === fate.coupon ||
      (this.#about.onePerUser && this.#served[this.#users[request]!] === 1)
    );
  }

  /** Notes what became of a send. `owed` is what sent() said when it left. */
  answered(request: number, answer: Answer, owed: boolean): void {
    if (answer.kind === "outcome" && answer.response.outcome.case === "coupon") {
      const { code, prizeId, userId, campaignId } = answer.response.outcome.value;
      const expectedUserId = this.#about.naming.userId(this.#users[request]!);
      if (userId !== expectedUserId || campaignId !== this.#about.campaignId)
        addViolation(
          this.violations,
          "somebody else's coupon",
          `${code}: of ${userId} in ${campaignId}, asked by ${expectedUserId}`,
        );
      if (owed && !answer.response.replayed)
        addViolation(this.violations, "not marked replayed", this.#describe(request, code));
      this.#acknowledge(request, code, prizeId);
      return;
    }
    if (answer.kind === "outcome" && answer.response.outcome.case === "refusal") {
      if (owed) addViolation(this.violations, "coupon forgotten", this.#describe(request, "refused"));
      if (eligibleRefusals.has(answer.response.outcome.value.reason)) this.#eligible[request] = 1;
    }
    if (this.#fates[request] !== fate.coupon)
      this.#fates[request] = leavesDoubt(answer) ? fate.unknown : fate.denied;
  }

  /** Requests that nobody knows the outcome of. */
  unknown(): number[] {
    const requests: number[] = [];
    for (let request = 0; request < this.#length; request++)
      if (this.#fates[request] === fate.unknown) requests.push(request);
    return requests;
  }

  pages(): JournalPages {
    const length = this.#length;
    return {
      worker: this.#about.worker,
      length,
      users: this.#users.slice(0, length),
      fates: this.#fates.slice(0, length),
      eligible: this.#eligible.slice(0, length),
      codeStarts: this.#codeStarts.slice(0, length),
      codeLengths: this.#codeLengths.slice(0, length),
      prizes: this.#prizes.slice(0, length),
      codes: new Uint8Array(this.#codes.subarray(0, this.#codesLength)),
      prizeIds: this.#prizeIds,
      violations: this.violations,
    };
  }

  #acknowledge(request: number, code: string, prizeId: string): void {
    this.#eligible[request] = 1;
    if (this.#fates[request] === fate.coupon) {
      const start = this.#codeStarts[request]!;
      const known = this.#codes.toString("utf8", start, start + this.#codeLengths[request]!);
      if (known !== code || this.#prizeIds[this.#prizes[request]!] !== prizeId)
        addViolation(this.violations, "another coupon", this.#describe(request, `${known}, then ${code}`));
      return;
    }
    const sizeBytes = Buffer.byteLength(code);
    if (this.#codesLength + sizeBytes > this.#codes.length) {
      const larger = Buffer.alloc(this.#codes.length * 2 + sizeBytes);
      this.#codes.copy(larger);
      this.#codes = larger;
    }
    this.#codes.write(code, this.#codesLength);
    this.#codeStarts[request] = this.#codesLength;
    this.#codeLengths[request] = sizeBytes;
    this.#codesLength += sizeBytes;
    this.#prizes[request] = this.#prizeNumber(prizeId);
    this.#fates[request] = fate.coupon;
    this.#served[this.#users[request]!] = 1;
  }

  #prizeNumber(prizeId: string): number {
    const known = this.#prizeIds.indexOf(prizeId);
    return known < 0 ? this.#prizeIds.push(prizeId) - 1 : known;
  }

  #describe(request: number, what: string): string {
    const { naming, worker } = this.#about;
    return `${naming.requestId(worker, request)} of ${naming.userId(this.#users[request]!)}: ${what}`;
  }
}
