import type { Group, Outcome, Take } from "../store.ts";
import { OpenGroup } from "./open-group.ts";
import type { BatchPlace } from "./pools.ts";
import type { RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

/** As many as row_number has. */
const hashesAtOnce = 1_000;

/** One batch inside its transaction: each take sees what those before it did. */
export class OpenBatch {
  readonly #sql: Statements;
  readonly #recent: RecentEntries;
  readonly #place: BatchPlace;
  /** Nearly always nobody is banned, and that is one look for all. */
  readonly #someBanned: boolean;
  #index = 0;
  rows = 0;

  constructor(sql: Statements, recent: RecentEntries, place: BatchPlace) {
    this.#sql = sql;
    this.#recent = recent;
    this.#place = place;
    this.#someBanned = sql.someBanned() !== undefined;
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
    const counting = {
      sql: this.#sql,
      recent: this.#recent,
      campaignNo: plan.campaignNo,
      forgotten: { epoch: campaign?.epoch ?? 0, n: campaign?.n ?? 0 },
      hasReleased: campaign?.has_released === 1,
    };
    const banned = this.#someBanned ? this.#bannedOf(takes) : undefined;
    const part = new OpenGroup(counting, this.#place, group, campaign?.until_ms ?? 0, banned);
    const outcomes = takes.map((take) => part.decide(take, this.#index++));
    this.rows += part.close();
    return outcomes;
  }

  /** The hashes of those users who are banned, in Latin-1. */
  #bannedOf(takes: Take[]): Set<string> {
    const banned = new Set<string>();
    for (let at = 0; at < takes.length; at += hashesAtOnce) {
      const hashes = takes.slice(at, at + hashesAtOnce).map(({ who }) => who.userHash);
      for (const row of this.#sql.bannedOf(hashes.length, Buffer.concat(hashes)))
        banned.add(Buffer.from(row.user_hash).toString("latin1"));
    }
    return banned;
  }
}
