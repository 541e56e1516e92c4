import type { DatabaseSync } from "node:sqlite";
import type { Rule } from "../../campaign/plan.ts";
import type { Reason } from "../../campaign/reason.ts";
import { type Group, type Outcome, type Store, StoreUnavailable, type Take } from "../store.ts";
import { OpenPool } from "./pools.ts";
import { prepareStatements, type Statements } from "./statements.ts";

export interface EmbeddedStoreOptions {
  db: DatabaseSync;
  /** Keeps other transactions off the connection while one is open. */
  exclusive<T>(work: () => T | Promise<T>): Promise<T>;
  nowMs(): number;
  /** A commit failed: whether it is in the file nobody here can know, so the process must end and read it anew. */
  onBrokenCommit(error: unknown): void;
}

/**
 * The store inside the ledger: one SQLite transaction a batch holds counters and entries, synced at its commit. There is nothing to lend
 * and nothing to drain.
 */
export class EmbeddedStore implements Store {
  readonly lanes = 1;
  readonly #options: EmbeddedStoreOptions;
  readonly #sql: Statements;
  readonly #epoch: number;
  #n = 0;
  #clockMs: number;

  constructor(options: EmbeddedStoreOptions) {
    this.#options = options;
    this.#sql = prepareStatements(options.db);
    // Entries are numbered from 1 again in each run of the process.
    this.#sql.nextEpoch();
    const { epoch, clock_ms } = this.#sql.clock()!;
    this.#epoch = epoch;
    this.#clockMs = clock_ms;
  }

  take(_partitionNo: number, groups: Group[]): Promise<Outcome[][]> {
    return this.#options.exclusive(() => {
      const nowMs = this.#now();
      const batch = new OpenBatch(this.#sql, this.#epoch, this.#n + 1, nowMs);
      this.#sql.begin();
      let outcomes: Outcome[][];
      try {
        outcomes = groups.map((group) => batch.decide(group));
        if (batch.rows === 0) {
          this.#sql.rollback();
          return outcomes;
        }
        this.#sql.moveClock(this.#n + 1, nowMs);
      } catch (error) {
        this.#sql.rollback();
        throw new StoreUnavailable(`SQLite: ${error instanceof Error ? error.message : error}`);
      }
      try {
        this.#sql.commit();
      } catch (error) {
        this.#options.onBrokenCommit(error);
        throw new StoreUnavailable("the commit failed: the server ends, and starts from what is on disk");
      }
      this.#n++;
      return outcomes;
    });
  }

  issued(_partitionNo: number, campaignNo: number): Promise<Map<number, number>> {
    const rows = this.#options.db
      .prepare("SELECT prize_no, issued FROM prize_count WHERE campaign_no = ?")
      .all(campaignNo) as { prize_no: number; issued: number }[];
    return Promise.resolve(new Map(rows.map((row) => [row.prize_no, row.issued])));
  }

  nowMs(): Promise<number> {
    return Promise.resolve(this.#now());
  }

  forget(_partitionNo: number, campaignNo: number): Promise<void> {
    return this.#options.exclusive(() => {
      for (const table of ["claim", "counter", "request"]) {
        this.#options.db.prepare(`DELETE FROM ${table} WHERE campaign_no = ?`).run(campaignNo);
      }
    });
  }

  #now(): number {
    this.#clockMs = Math.max(this.#options.nowMs(), this.#clockMs);
    return this.#clockMs;
  }
}

/** One batch inside its transaction: each take sees what those before it did. */
class OpenBatch {
  readonly #sql: Statements;
  readonly #epoch: number;
  readonly #n: number;
  readonly #nowMs: number;
  #index = 0;
  rows = 0;

  constructor(sql: Statements, epoch: number, n: number, nowMs: number) {
    this.#sql = sql;
    this.#epoch = epoch;
    this.#n = n;
    this.#nowMs = nowMs;
  }

  decide(group: Group): Outcome[] {
    const whole = this.#whole(group);
    const pools = new Map<number, OpenPool>();
    const outcomes = group.takes.map((take) => {
      const index = this.#index++;
      return whole ?? this.#one(group, take, pools, index);
    });
    for (const pool of pools.values()) pool.write();
    return outcomes;
  }

  /** A revision that nobody may decide by any more, or another day than the caller thinks. */
  #whole({ plan, day }: Group): Outcome | undefined {
    if ((this.#sql.revision(plan.campaignNo)?.revision ?? 0) > plan.revision) return { kind: "stale" };
    const nowMs = this.#nowMs;
    if (day && (nowMs < day.startMs || nowMs >= day.endMs)) return { kind: "other-day", nowMs };
    return undefined;
  }

  #one(group: Group, take: Take, pools: Map<number, OpenPool>, index: number): Outcome {
    const { plan } = group;
    const { campaignNo } = plan;
    const nowMs = this.#nowMs;
    const refused = (reason: Reason, today = false): Outcome => ({ kind: "refused", reason, today, nowMs });
    const { request } = take;
    if (request) {
      const before = this.#sql.request(campaignNo, request.key);
      if (before && !request.fields.equals(before.fields)) return { kind: "reused" };
      if (before) return { kind: "issued", serial: before.serial, timeMs: before.time_ms, replayed: true };
    }
    for (const [r, rule] of plan.rules.entries()) {
      const key = take.keys[r];
      const before = key && rule.remembers && rule.limit === 1 && this.#sql.claim(campaignNo, key);
      if (before) return { kind: "issued", serial: before.serial, timeMs: before.time_ms, replayed: true };
    }
    if (plan.closed === "ENDED" || nowMs >= plan.endMs) return refused("ENDED");
    if (plan.closed === "PAUSED") return refused("PAUSED");
    if (nowMs < plan.startMs) return refused("NOT_STARTED");
    for (const [r, rule] of plan.rules.entries()) {
      const key = take.keys[r];
      if (key && this.#count(group, rule, key) >= rule.limit) return refused(rule.reason, rule.daily);
    }
    const drawn = this.#draw(group, take, pools);
    if ("kind" in drawn) return drawn;
    this.#record(group, take, drawn.serial, drawn.place, index);
    return { kind: "issued", serial: drawn.serial, timeMs: nowMs, replayed: false };
  }

  #count({ plan, day }: Group, rule: Rule, key: Buffer): number {
    if (rule.remembers) return this.#sql.claim(plan.campaignNo, key)?.count ?? 0;
    return this.#sql.counter(plan.campaignNo, rule.name, rule.daily ? day!.date : "", key)?.count ?? 0;
  }

  #draw(
    { plan, day }: Group,
    take: Take,
    pools: Map<number, OpenPool>,
  ): { serial: number; place: number } | Outcome {
    const [from, to] = take.pool === undefined ? [0, plan.pools.length - 1] : [take.pool, take.pool];
    let ofDay = false;
    for (let place = from; place <= to; place++) {
      let pool = pools.get(place);
      if (!pool) {
        pool = new OpenPool(this.#sql, plan, place, day?.date ?? "");
        pools.set(place, pool);
      }
      const serial = pool.take();
      if (typeof serial === "number") return { serial, place };
      if (serial === "dry") return { kind: "dry", pool: place };
      ofDay ||= serial === "day";
    }
    const reason = ofDay ? "DAILY_QUOTA_REACHED" : "SOLD_OUT";
    return { kind: "refused", reason, today: ofDay, nowMs: this.#nowMs };
  }

  #record({ plan, day }: Group, take: Take, serial: number, place: number, index: number): void {
    const { campaignNo } = plan;
    const { request, who } = take;
    for (const [r, rule] of plan.rules.entries()) {
      const key = take.keys[r];
      if (!key) continue;
      if (rule.remembers) this.#sql.addClaim(campaignNo, key, serial, this.#nowMs);
      else this.#sql.addCounter(campaignNo, rule.name, rule.daily ? day!.date : "", key);
    }
    if (request) this.#sql.addRequest(campaignNo, request.key, request.fields, serial, this.#nowMs);
    this.#sql.addEntry(
      this.#epoch,
      this.#n,
      index,
      campaignNo,
      plan.pools[place]!.prizeNo,
      plan.revision,
      plan.spaceNo,
      serial,
      this.#nowMs,
      who.userId,
      who.userHash,
      request?.key ?? null,
      request?.fields ?? null,
      who.addressHash ?? null,
    );
    this.rows++;
  }
}
