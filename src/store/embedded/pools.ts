import type { Plan } from "../../campaign/plan.ts";
import type { Statements } from "./statements.ts";

/** Why a pool gives nothing: the total quota is used up, the day's is, or an unlimited prize needs more serials reserved. */
export type Empty = "total" | "day" | "dry";

/** Where the entries of a batch go. */
export interface BatchPlace {
  epoch: number;
  n: number;
  nowMs: number;
}

/** One prize's stock within one transaction, and what is taken from it: read on first use, written at the end. */
export class OpenPool {
  readonly prizeNo: number;
  readonly #sql: Statements;
  readonly #campaignNo: number;
  readonly #date: string;
  readonly #quota: number;
  readonly #dailyQuota: number;
  #granted: number;
  #grantedToday: number;
  #taken = 0;
  /** The free range that serials come from; `read` is its row as it is in the table. */
  #range: { read: { first: number; size: number }; next: number } | undefined;

  constructor(sql: Statements, plan: Plan, place: number, date: string) {
    const prizeNo = plan.pools[place]!.prizeNo;
    const prize = sql.prize(plan.campaignNo, prizeNo)!;
    this.#sql = sql;
    this.#campaignNo = plan.campaignNo;
    this.prizeNo = prizeNo;
    this.#date = plan.pools[place]!.daily ? date : "";
    this.#quota = prize.quota ?? Number.POSITIVE_INFINITY;
    this.#dailyQuota = prize.daily_quota ?? Number.POSITIVE_INFINITY;
    this.#granted = prize.granted;
    this.#grantedToday =
      this.#date === "" ? 0 : (sql.day(plan.campaignNo, prizeNo, this.#date)?.granted ?? 0);
  }

  /** The next serial, or why there is none. */
  take(): number | Empty {
    if (this.#granted >= this.#quota) return "total";
    if (this.#date !== "" && this.#grantedToday >= this.#dailyQuota) return "day";
    if (!this.#range || this.#range.next === this.#range.read.first + this.#range.read.size) {
      this.#writeRange();
      const read = this.#sql.lowestFree(this.#campaignNo, this.prizeNo);
      if (!read) return "dry";
      this.#range = { read, next: read.first };
    }
    this.#granted++;
    this.#grantedToday++;
    this.#taken++;
    return this.#range.next++;
  }

  write(): void {
    if (this.#taken === 0) return;
    this.#writeRange();
    this.#sql.setGranted(this.#granted, this.#campaignNo, this.prizeNo);
    if (this.#date !== "") this.#sql.setDay(this.#campaignNo, this.prizeNo, this.#date, this.#grantedToday);
  }

  #writeRange(): void {
    if (!this.#range) return;
    const { read, next } = this.#range;
    const left = read.first + read.size - next;
    this.#sql.removeFree(this.#campaignNo, this.prizeNo, read.first);
    if (left > 0) this.#sql.addFree(this.#campaignNo, this.prizeNo, next, left);
    this.#range = undefined;
  }
}
