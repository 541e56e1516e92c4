import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { type Answer, type Given, leavesDoubt } from "./answer.ts";
import type { Naming } from "./naming.ts";
import { addViolation, noViolations, type Violations } from "./violation.ts";

/** What is known of one request id, over all its sends. */
export const fate = {
  /** Never sent. */
  unsent: 0,
  /** Sent, and no answer says whether something was given. */
  unknown: 1,
  /** The last answer was no. */
  denied: 2,
  /** Something was given, and the client told. */
  given: 3,
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
  /** What a request is about, as its scenario numbers it. */
  details: Uint32Array<ArrayBuffer>;
  fates: Uint8Array<ArrayBuffer>;
  /** 1: the campaign was open when the request was answered, so it counts as demand. */
  eligible: Uint8Array<ArrayBuffer>;
  keyStarts: Uint32Array<ArrayBuffer>;
  keyLengths: Uint16Array<ArrayBuffer>;
  prizes: Uint16Array<ArrayBuffer>;
  keys: Uint8Array<ArrayBuffer>;
  prizeIds: string[];
  violations: Violations;
}

/** What of a journal's pages can change threads without being copied. */
export const buffersOf = (pages: JournalPages): ArrayBuffer[] =>
  [
    pages.users,
    pages.details,
    pages.fates,
    pages.eligible,
    pages.keyStarts,
    pages.keyLengths,
    pages.prizes,
    pages.keys,
  ].map(({ buffer }) => buffer);

type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

const grown = <C extends Column>(column: C, length: number): C => {
  if (length <= column.length) return column;
  const larger = new (column.constructor as new (length: number) => C)(Math.max(length, column.length * 2));
  larger.set(column);
  return larger;
};

interface JournalAbout {
  worker: number;
  campaignId: string;
  naming: Naming;
  /** The campaign's limit, under which every request of a user is answered with the same. */
  onePerUser: boolean;
  /** Whether what a request was given stays true for ever, by its detail; absent: always. */
  lasts?: ((detail: number) => boolean) | undefined;
}

/** Every request id of one worker and what became of it: about 30 bytes each, whatever the run's length. */
export class Journal {
  readonly violations = noViolations();
  #length = 0;
  #keysLength = 0;
  #users = new Uint32Array(1_024);
  #details = new Uint32Array(1_024);
  #fates = new Uint8Array(1_024);
  #eligible = new Uint8Array(1_024);
  #keyStarts = new Uint32Array(1_024);
  #keyLengths = new Uint16Array(1_024);
  #prizes = new Uint16Array(1_024);
  #keys = Buffer.alloc(16_384);
  readonly #prizeIds: string[] = [];
  readonly #served: Uint8Array;
  readonly #about: JournalAbout;

  constructor(about: JournalAbout, users: number) {
    this.#about = about;
    this.#served = new Uint8Array(users);
  }

  begin(user: number, detail = 0): number {
    const request = this.#length++;
    this.#users = grown(this.#users, this.#length);
    this.#details = grown(this.#details, this.#length);
    this.#fates = grown(this.#fates, this.#length);
    this.#eligible = grown(this.#eligible, this.#length);
    this.#keyStarts = grown(this.#keyStarts, this.#length);
    this.#keyLengths = grown(this.#keyLengths, this.#length);
    this.#prizes = grown(this.#prizes, this.#length);
    this.#users[request] = user;
    this.#details[request] = detail;
    return request;
  }

  userOf(request: number): number {
    return this.#users[request]!;
  }

  detailOf(request: number): number {
    return this.#details[request]!;
  }

  /** Notes a send; true if something was given that the answer must repeat. */
  sent(request: number): boolean {
    if (this.#fates[request] === fate.unsent) this.#fates[request] = fate.unknown;
    const { onePerUser, lasts } = this.#about;
    if (this.#fates[request] === fate.given) return lasts?.(this.#details[request]!) ?? true;
    return onePerUser && this.#served[this.#users[request]!] === 1;
  }

  /** Notes what became of a send. `owed` is what sent() said when it left. */
  answered(request: number, answer: Answer, owed: boolean): void {
    if (answer.kind === "given") {
      const { key, userId, campaignId } = answer.given;
      const expectedUserId = this.#about.naming.userId(this.#users[request]!);
      if (userId !== expectedUserId || campaignId !== this.#about.campaignId)
        addViolation(
          this.violations,
          "somebody else's",
          `${key}: of ${userId} in ${campaignId}, asked by ${expectedUserId}`,
        );
      if (owed && !answer.replayed)
        addViolation(this.violations, "not marked replayed", this.#describe(request, key));
      this.#acknowledge(request, answer.given);
      return;
    }
    if (answer.kind === "refused") {
      if (owed) addViolation(this.violations, "forgotten", this.#describe(request, "refused"));
      if (eligibleRefusals.has(answer.reason)) this.#eligible[request] = 1;
    }
    if (this.#fates[request] !== fate.given)
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
      details: this.#details.slice(0, length),
      fates: this.#fates.slice(0, length),
      eligible: this.#eligible.slice(0, length),
      keyStarts: this.#keyStarts.slice(0, length),
      keyLengths: this.#keyLengths.slice(0, length),
      prizes: this.#prizes.slice(0, length),
      keys: new Uint8Array(this.#keys.subarray(0, this.#keysLength)),
      prizeIds: this.#prizeIds,
      violations: this.violations,
    };
  }

  #acknowledge(request: number, { key, prizeId }: Given): void {
    this.#eligible[request] = 1;
    if (this.#fates[request] === fate.given) {
      const start = this.#keyStarts[request]!;
      const known = this.#keys.toString("utf8", start, start + this.#keyLengths[request]!);
      if (known !== key || this.#prizeIds[this.#prizes[request]!] !== prizeId)
        addViolation(this.violations, "another one", this.#describe(request, `${known}, then ${key}`));
      return;
    }
    const sizeBytes = Buffer.byteLength(key);
    if (this.#keysLength + sizeBytes > this.#keys.length) {
      const larger = Buffer.alloc(this.#keys.length * 2 + sizeBytes);
      this.#keys.copy(larger);
      this.#keys = larger;
    }
    this.#keys.write(key, this.#keysLength);
    this.#keyStarts[request] = this.#keysLength;
    this.#keyLengths[request] = sizeBytes;
    this.#keysLength += sizeBytes;
    this.#prizes[request] = this.#prizeNumber(prizeId);
    this.#fates[request] = fate.given;
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
