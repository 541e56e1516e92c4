import type { Rule } from "../../campaign/plan.ts";
import type { Reason } from "../../campaign/reason.ts";
import type { Group, Outcome, Take } from "../store.ts";
import { CountedBy } from "./counted-by.ts";
import { OpenPool } from "./pools.ts";
import type { RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

/** Where the entries of a batch go. */
export interface BatchPlace {
  epoch: number;
  n: number;
  nowMs: number;
}

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
  #rows = 0;

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
    const { plan, day } = group;
    const by = (rule?: Rule) => new CountedBy(sql, recent, plan.campaignNo, forgotten, rule, day);
    this.#requests = by();
    this.#counted = plan.rules.map(by);
  }

  decide(take: Take, index: number): Outcome {
    const { plan } = this.#group;
    const { nowMs } = this.#place;
    const refused = (reason: Reason, today = false): Outcome => ({ kind: "refused", reason, today, nowMs });
    const { request } = take;
    const asked = request && this.#requests.of(request.key);
    if (asked && asked.count > 0) {
      return request.fields.equals(asked.fields!) ? replayed(asked) : { kind: "reused" };
    }
    const counted = this.#counted.map((by, r) => (take.keys[r] ? by.of(take.keys[r]) : undefined));
    for (const [r, rule] of plan.rules.entries()) {
      const before = counted[r];
      if (before && before.count > 0 && rule.remembers && rule.limit === 1) return replayed(before);
    }
    if (plan.closed === "ENDED" || nowMs >= plan.endMs) return refused("ENDED");
    if (plan.closed === "PAUSED") return refused("PAUSED");
    if (nowMs < plan.startMs) return refused("NOT_STARTED");
    for (const [r, rule] of plan.rules.entries()) {
      if (counted[r] && counted[r].count >= rule.limit) return refused(rule.reason, rule.daily);
    }
    const drawn = this.#draw(take);
    if ("kind" in drawn) return drawn;
    const { serial } = drawn;
    this.#record(take, serial, drawn.place, index);
    const last = { serial, timeMs: nowMs };
    for (const [r, by] of this.#counted.entries()) if (counted[r]) by.add(take.keys[r]!, counted[r], last);
    if (asked) this.#requests.add(request.key, asked, { ...last, fields: request.fields });
    return { kind: "issued", ...last, replayed: false };
  }

  /** Writes back the stock; returns how many entries were written. */
  close(): number {
    for (const pool of this.#pools.values()) pool.write();
    return this.#rows;
  }

  #draw(take: Take): { serial: number; place: number } | Outcome {
    const { plan, day } = this.#group;
    const [from, to] = take.pool === undefined ? [0, plan.pools.length - 1] : [take.pool, take.pool];
    let ofDay = false;
    for (let place = from; place <= to; place++) {
      let pool = this.#pools.get(place);
      if (!pool) {
        pool = new OpenPool(this.#sql, plan, place, day?.date ?? "");
        this.#pools.set(place, pool);
      }
      const serial = pool.take();
      if (typeof serial === "number") return { serial, place };
      if (serial === "dry") return { kind: "dry", pool: place };
      ofDay ||= serial === "day";
    }
    const reason = ofDay ? "DAILY_QUOTA_REACHED" : "SOLD_OUT";
    return { kind: "refused", reason, today: ofDay, nowMs: this.#place.nowMs };
  }

  #record(take: Take, serial: number, place: number, index: number): void {
    const { plan } = this.#group;
    const { epoch, n, nowMs } = this.#place;
    const { request, who } = take;
    this.#sql.addEntry(
      epoch,
      n,
      index,
      plan.campaignNo,
      plan.pools[place]!.prizeNo,
      plan.revision,
      plan.spaceNo,
      serial,
      nowMs,
      who.userId,
      who.userHash,
      request?.key ?? null,
      request?.fields ?? null,
      who.addressHash ?? null,
    );
    this.#rows++;
    this.#recent.add(who.userHash, plan.campaignNo, n, index);
    // A request without a user has one hash for both.
    if (request && !request.key.equals(who.userHash)) {
      this.#recent.add(request.key, plan.campaignNo, n, index);
    }
    if (who.addressHash) this.#recent.add(who.addressHash, plan.campaignNo, n, index);
  }
}

const replayed = ({ serial, timeMs }: { serial: number; timeMs: number }): Outcome => ({
  kind: "issued",
  serial,
  timeMs,
  replayed: true,
});
