import { anyPool, type Rule } from "../../campaign/plan.ts";
import type { TakeReason } from "../../campaign/reason.ts";
import type { Group, Outcome, Take } from "../store.ts";
import { CountedBy } from "./counted-by.ts";
import { type BatchPlace, OpenPool } from "./pools.ts";
import type { RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

/** One batch inside its transaction: each take sees what those before it did. */
export class OpenBatch {
  readonly #sql: Statements;
  readonly #recent: RecentEntries;
  readonly #place: BatchPlace;
  #index = 0;
  rows = 0;

  constructor(sql: Statements, recent: RecentEntries, place: BatchPlace) {
    this.#sql = sql;
    this.#recent = recent;
    this.#place = place;
  }

  decide(group: Group): Outcome[] {
    const { plan, day, takes } = group;
    const { nowMs } = this.#place;
    const campaign = this.#sql.campaign(plan.campaignNo);
    // A revision that nobody may decide by any more, or another day than the caller thinks.
    const whole: Outcome | undefined =
      (campaign?.revision ?? 0) > plan.revision
        ? { kind: "stale" }
        : day && (nowMs < day.startMs || nowMs >= day.endMs)
          ? { kind: "other-day", nowMs }
          : undefined;
    if (whole) {
      this.#index += takes.length;
      return takes.map(() => whole);
    }
    const forgotten = { epoch: campaign?.epoch ?? 0, n: campaign?.n ?? 0 };
    const part = new OpenGroup(this.#sql, this.#recent, this.#place, group, forgotten);
    const outcomes = takes.map((take) => part.decide(take, this.#index++));
    this.rows += part.close();
    return outcomes;
  }
}

/** The takes of one plan in a batch. */
class OpenGroup {
  readonly #sql: Statements;
  readonly #recent: RecentEntries;
  readonly #place: BatchPlace;
  readonly #group: Group;
  readonly #requests: CountedBy;
  /** For each of the plan's rules. */
  readonly #counted: CountedBy[];
  readonly #pools = new Map<number, OpenPool>();

  constructor(
    sql: Statements,
    recent: RecentEntries,
    place: BatchPlace,
    group: Group,
    forgotten: { epoch: number; n: number },
  ) {
    this.#sql = sql;
    this.#recent = recent;
    this.#place = place;
    this.#group = group;
    const { plan, day, takes } = group;
    const by = (rule: Rule | undefined, hashOf: (take: Take) => Buffer | undefined) => {
      const hashes = takes.map(hashOf).filter((hash) => hash !== undefined);
      return new CountedBy(sql, recent, plan.campaignNo, forgotten, rule, day, hashes);
    };
    this.#requests = by(undefined, ({ request }) => request?.key);
    this.#counted = plan.rules.map((rule, r) => by(rule, ({ keys }) => keys[r]));
  }

  decide(take: Take, index: number): Outcome {
    const { plan } = this.#group;
    const { nowMs } = this.#place;
    const refused = (reason: TakeReason, today = false): Outcome => ({
      kind: "refused",
      reason,
      today,
      nowMs,
    });
    const { request } = take;
    const asked = request && this.#requests.of(request.key);
    if (asked && asked.counted.count > 0) {
      return request.fields.equals(asked.counted.fields!) ? replayed(asked.counted) : { kind: "reused" };
    }
    const found = this.#counted.map((by, r) => (take.keys[r] ? by.of(take.keys[r]) : undefined));
    for (const [r, rule] of plan.rules.entries()) {
      const before = found[r]?.counted;
      if (before && before.count > 0 && rule.remembers && rule.limit === 1) return replayed(before);
    }
    if (plan.closed === "ENDED" || nowMs >= plan.endMs) return refused("ENDED");
    if (plan.closed === "PAUSED") return refused("PAUSED");
    if (nowMs < plan.startMs) return refused("NOT_STARTED");
    for (const [r, rule] of plan.rules.entries()) {
      if (found[r] && found[r].counted.count >= rule.limit) return refused(rule.reason, rule.daily);
    }
    const drawn = this.#draw(take);
    if ("kind" in drawn) return drawn;
    const { serial } = drawn;
    this.#record(take, serial, drawn.pool, index);
    const last = { serial, timeMs: nowMs };
    for (const [r, by] of this.#counted.entries()) if (found[r]) by.add(found[r], last);
    if (asked) this.#requests.add(asked, { ...last, fields: request.fields });
    return { kind: "issued", number: 0, ...last, replayed: false };
  }

  /** Writes entries and stock; returns how many entries. */
  close(): number {
    let rows = 0;
    for (const pool of this.#pools.values()) rows += pool.write();
    return rows;
  }

  #draw(take: Take): { serial: number; pool: OpenPool } | Outcome {
    const { plan, day } = this.#group;
    const choice = take.choices[0]!;
    const [from, to] = choice === anyPool ? [0, plan.pools.length - 1] : [choice - 1, choice - 1];
    let ofDay = false;
    for (let place = from; place <= to; place++) {
      let pool = this.#pools.get(place);
      if (!pool) {
        pool = new OpenPool(this.#sql, plan, place, day?.date ?? "", this.#place);
        this.#pools.set(place, pool);
      }
      const serial = pool.take();
      if (typeof serial === "number") return { serial, pool };
      if (serial === "dry") return { kind: "dry", pool: place };
      ofDay ||= serial === "day";
    }
    const reason = ofDay ? "DAILY_QUOTA_REACHED" : "SOLD_OUT";
    return { kind: "refused", reason, today: ofDay, nowMs: this.#place.nowMs };
  }

  #record(take: Take, serial: number, pool: OpenPool, index: number): void {
    const { campaignNo } = this.#group.plan;
    const { n } = this.#place;
    const { request, who } = take;
    const { userId, userHash, addressHash } = who;
    const asked = [request?.key ?? null, request?.fields ?? null];
    pool.entries.push(index, serial, userId, userHash, ...asked, addressHash ?? null);
    this.#recent.add(userHash, campaignNo, n, index);
    // A request without a user has one hash for both.
    if (request && !request.key.equals(userHash)) {
      this.#recent.add(request.key, campaignNo, n, index);
    }
    if (addressHash) this.#recent.add(addressHash, campaignNo, n, index);
  }
}

const replayed = ({ serial, timeMs }: { serial: number; timeMs: number }): Outcome => ({
  kind: "issued",
  serial,
  number: 0,
  timeMs,
  replayed: true,
});
