import type { DatabaseSync } from "node:sqlite";
import { type Group, type Outcome, type Released, type Store, StoreUnavailable } from "../store.ts";
import { OpenBatch } from "./open-batch.ts";
import { RecentEntries } from "./recent-entries.ts";
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
 * The store inside the ledger: one SQLite transaction a batch holds the entries and what is left, synced at its commit. Counters are the
 * entries themselves. There is nothing to lend and nothing to drain.
 */
export class EmbeddedStore implements Store {
  readonly lanes = 1;
  readonly #options: EmbeddedStoreOptions;
  readonly #sql: Statements;
  readonly #epoch: number;
  #n = 0;
  #clockMs: number;
  /** Undefined: a transaction was given up, and what memory has of it with it. */
  #recent: RecentEntries | undefined;

  constructor(options: EmbeddedStoreOptions) {
    this.#options = options;
    const sql = prepareStatements(options.db);
    this.#sql = sql;
    // Entries are numbered from 1 again in each run of the process, and the last run's are indexed before.
    sql.begin();
    sql.indexRecent();
    sql.nextEpoch();
    sql.commit();
    const { epoch, clock_ms } = sql.clock()!;
    this.#epoch = epoch;
    this.#clockMs = clock_ms;
  }

  take(_partitionNo: number, groups: Group[]): Promise<Outcome[][]> {
    return this.#options.exclusive(() => {
      const place = { epoch: this.#epoch, n: this.#n + 1, nowMs: this.#now() };
      return this.#transaction(() => {
        const before = this.#recent;
        const recent = before ?? this.#indexed();
        const batch = new OpenBatch(this.#sql, recent, place);
        const outcomes = groups.map((group) => batch.decide(group));
        if (batch.rows === 0 && before) return { answer: outcomes, written: false };
        this.#n++;
        this.#sql.moveClock(place.n, place.nowMs, recent.move(place.n));
        return { answer: outcomes, written: true };
      });
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
    return this.#options.exclusive(() =>
      this.#transaction(() => {
        // What memory counted is counted anew, from the table.
        this.#recent = undefined;
        this.#sql.forget(campaignNo, this.#epoch, this.#n);
        return { answer: undefined, written: true };
      }),
    );
  }

  seal(_partitionNo: number, campaignNo: number, untilMs: number): Promise<void> {
    return this.#options.exclusive(() =>
      this.#transaction(() => {
        this.#sql.seal(campaignNo, untilMs);
        return { answer: undefined, written: true };
      }),
    );
  }

  /** The ledger's participants say who is banned, and takes look there. */
  ban(): Promise<void> {
    return Promise.resolve();
  }

  release(_partitionNo: number, { plan, serial, keys }: Released): Promise<void> {
    return this.#options.exclusive(() =>
      this.#transaction(() => {
        this.#sql.release(plan.campaignNo, serial);
        // What memory counted under them is counted anew, from the table.
        for (const key of keys) if (key) this.#recent?.settle(key);
        return { answer: undefined, written: true };
      }),
    );
  }

  #transaction<T>(work: () => { answer: T; written: boolean }): T {
    this.#sql.begin();
    let done: { answer: T; written: boolean };
    try {
      done = work();
      if (!done.written) this.#sql.rollback();
    } catch (error) {
      this.#recent = undefined;
      this.#sql.rollback();
      throw new StoreUnavailable(`SQLite: ${error instanceof Error ? error.message : error}`);
    }
    if (done.written) this.#commit();
    return done.answer;
  }

  #commit(): void {
    try {
      this.#sql.commit();
    } catch (error) {
      this.#options.onBrokenCommit(error);
      throw new StoreUnavailable("the commit failed: the server ends, and starts from what is on disk");
    }
  }

  /** Nothing is recent after it. */
  #indexed(): RecentEntries {
    this.#sql.indexRecent();
    this.#recent = new RecentEntries(this.#sql, this.#epoch, this.#n);
    return this.#recent;
  }

  #now(): number {
    this.#clockMs = Math.max(this.#options.nowMs(), this.#clockMs);
    return this.#clockMs;
  }
}
