import { noPrize } from "../../campaign/campaign.ts";
import { anyPool, nothing, type Rule } from "../../campaign/plan.ts";
import type { TakeReason } from "../../campaign/reason.ts";
import type { Group, Outcome, Take } from "../store.ts";
import { CountedBy, type Counting, type Found } from "./counted-by.ts";
import { OpenEntries } from "./open-entries.ts";
import { type BatchPlace, OpenPool } from "./pools.ts";
import type { Counted } from "./recent-entries.ts";

/** What a take comes to. */
interface Drawn {
  /** `noPrize`: nothing from stock. */
  prizeNo: number;
  serial: number | undefined;
}

/** The takes of one plan in a batch. */
export class OpenGroup {
  readonly #counting: Counting;
  readonly #place: BatchPlace;
  readonly #group: Group;
  /** Why nobody gets anything now. */
  readonly #shut: TakeReason | undefined;
  /** Undefined: nobody is. */
  readonly #banned: Set<string> | undefined;
  readonly #requests: CountedBy;
  /** For each of the plan's rules. */
  readonly #counted: CountedBy[];
  /** By their places. */
  readonly #pools = new Map<number, OpenPool>();
  /** By prize. */
  readonly #entries = new Map<number, OpenEntries>();

  /** `sealedMs`: days that begin before take nothing more. */
  constructor(
    counting: Counting,
    place: BatchPlace,
    group: Group,
    sealedMs: number,
    banned: Set<string> | undefined,
  ) {
    this.#counting = counting;
    this.#place = place;
    this.#group = group;
    this.#shut = shutAt(place.nowMs, group, sealedMs);
    this.#banned = banned;
    const { plan, day, takes } = group;
    const by = (rule: Rule | undefined, hashOf: (take: Take) => Buffer | undefined) => {
      const hashes = takes.map(hashOf).filter((hash) => hash !== undefined);
      return new CountedBy(counting, rule, day, hashes);
    };
    this.#requests = by(undefined, ({ request }) => request?.key);
    this.#counted = plan.rules.map((rule, r) => by(rule, ({ keys }) => keys[r]));
  }

  decide(take: Take, index: number): Outcome {
    const { plan } = this.#group;
    const { nowMs } = this.#place;
    const { request, who } = take;
    const asked = request && this.#requests.of(request.key);
    if (asked && asked.counted.count > 0) {
      return request.fields.equals(asked.counted.fields!) ? replayed(asked.counted) : { kind: "reused" };
    }
    const found = this.#counted.map((by, r) => (take.keys[r] ? by.of(take.keys[r]) : undefined));
    for (const [r, rule] of plan.rules.entries()) {
      const before = found[r]?.counted;
      if (before && before.count > 0 && rule.remembers && rule.limit === 1) return replayed(before);
    }
    if (this.#banned?.has(who.userHash.toString("latin1"))) return this.#refused("BANNED");
    if (this.#shut) return this.#refused(this.#shut, this.#shut === "ROUND_SEALED");
    for (const [r, rule] of plan.rules.entries()) {
      if (found[r] && found[r].counted.count >= rule.limit) return this.#refused(rule.reason, rule.daily);
    }
    const number = this.#numberOf(found);
    const choice = take.choices[Math.max(number - 1, 0)]!;
    const drawn = this.#draw(choice);
    if ("kind" in drawn) return drawn;
    const { serial } = drawn;
    const drawnNo =
      number > 0 && choice !== nothing && choice !== anyPool ? plan.pools[choice - 1]!.prizeNo : undefined;
    this.#record(take, drawn, number, drawnNo, index);
    const last = { serial, number, timeMs: nowMs, fields: undefined };
    for (const [r, by] of this.#counted.entries()) if (found[r]) by.add(found[r], last);
    if (asked) this.#requests.add(asked, { ...last, fields: request.fields });
    return { kind: "issued", serial, number, timeMs: nowMs, replayed: false };
  }

  /** Writes entries and stock; returns how many entries. */
  close(): number {
    for (const pool of this.#pools.values()) pool.write();
    let rows = 0;
    for (const entries of this.#entries.values()) rows += entries.write();
    return rows;
  }

  #refused(reason: TakeReason, today = false): Outcome {
    return { kind: "refused", reason, today, nowMs: this.#place.nowMs };
  }

  /** Of the next entry; 0 where the plan numbers none. */
  #numberOf(found: (Found | undefined)[]): number {
    const { numberedBy } = this.#group.plan;
    return numberedBy === undefined ? 0 : (found[numberedBy]?.counted.count ?? 0) + 1;
  }

  #draw(choice: number): Drawn | Outcome {
    const { plan } = this.#group;
    if (choice === nothing) return lost;
    const [from, to] = choice === anyPool ? [0, plan.pools.length - 1] : [choice - 1, choice - 1];
    let ofDay = false;
    for (let place = from; place <= to; place++) {
      const pool = this.#pool(place);
      const serial = pool.take();
      if (typeof serial === "number") return { prizeNo: pool.prizeNo, serial };
      if (serial === "dry") return { kind: "dry", pool: place };
      ofDay ||= serial === "day";
    }
    if (plan.givesNothing) return lost;
    return this.#refused(ofDay ? "DAILY_QUOTA_REACHED" : "SOLD_OUT", ofDay);
  }

  #pool(place: number): OpenPool {
    let pool = this.#pools.get(place);
    if (!pool) {
      const { plan, day } = this.#group;
      pool = new OpenPool(this.#counting.sql, plan, place, day?.date ?? "");
      this.#pools.set(place, pool);
    }
    return pool;
  }

  #entriesOf(prizeNo: number): OpenEntries {
    let entries = this.#entries.get(prizeNo);
    if (!entries) {
      entries = new OpenEntries(this.#counting.sql, this.#group.plan, prizeNo, this.#place);
      this.#entries.set(prizeNo, entries);
    }
    return entries;
  }

  #record(
    take: Take,
    { prizeNo, serial }: Drawn,
    number: number,
    drawnNo: number | undefined,
    index: number,
  ): void {
    this.#entriesOf(prizeNo).add(index, serial, number, drawnNo, take);
    const { recent, campaignNo } = this.#counting;
    const { n } = this.#place;
    const { request, who } = take;
    recent.add(who.userHash, campaignNo, n, index);
    // A request without a user has one hash for both.
    if (request && !request.key.equals(who.userHash)) recent.add(request.key, campaignNo, n, index);
    if (who.addressHash) recent.add(who.addressHash, campaignNo, n, index);
  }
}

const lost: Drawn = { prizeNo: noPrize, serial: undefined };

function shutAt(nowMs: number, { plan, day }: Group, sealedMs: number): TakeReason | undefined {
  if (plan.closed === "ENDED" || nowMs >= plan.endMs) return "ENDED";
  if (plan.closed === "PAUSED") return "PAUSED";
  if (nowMs < plan.startMs) return "NOT_STARTED";
  return day && day.startMs < sealedMs ? "ROUND_SEALED" : undefined;
}

const replayed = ({ serial, number, timeMs }: Counted): Outcome => ({
  kind: "issued",
  serial,
  number,
  timeMs,
  replayed: true,
});
