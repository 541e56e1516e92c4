import type { Plan } from "../../campaign/plan.ts";
import type { Take } from "../store.ts";
import type { Parameter } from "./parameter.ts";
import type { BatchPlace } from "./pools.ts";
import type { Statements } from "./statements.ts";

/** The entries of one prize within one transaction, or those without a prize; written at the end. */
export class OpenEntries {
  readonly #sql: Statements;
  readonly #plan: Plan;
  readonly #prizeNo: number;
  readonly #batch: BatchPlace;
  /** Values of addEntries. */
  readonly #values: Parameter[] = [];
  #count = 0;

  constructor(sql: Statements, plan: Plan, prizeNo: number, batch: BatchPlace) {
    this.#sql = sql;
    this.#plan = plan;
    this.#prizeNo = prizeNo;
    this.#batch = batch;
  }

  add(
    index: number,
    serial: number | undefined,
    number: number,
    drawnNo: number | undefined,
    take: Take,
  ): void {
    const { request, who } = take;
    this.#values.push(
      index,
      serial ?? null,
      number,
      drawnNo ?? null,
      who.userId,
      who.userHash,
      request?.key ?? null,
      request?.fields ?? null,
      who.addressHash ?? null,
    );
    this.#count++;
  }

  /** Returns how many there are. */
  write(): number {
    const { epoch, n, nowMs } = this.#batch;
    const { campaignNo, revision, spaceNo } = this.#plan;
    const common = [0, epoch, n, campaignNo, this.#prizeNo, revision, spaceNo, nowMs];
    this.#sql.addEntries(common, this.#values);
    this.#sql.addIssued(campaignNo, this.#prizeNo, this.#count);
    return this.#count;
  }
}
