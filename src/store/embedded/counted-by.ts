import type { Day } from "../../campaign/day.ts";
import type { Rule } from "../../campaign/plan.ts";
import type { Counted, RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

const nothing: Counted = { count: 0, serial: 0, timeMs: 0, fields: undefined };

/** What a campaign's entries count by one rule, or by request: what is recent from memory, the rest from the table. */
export class CountedBy {
  readonly #recent: RecentEntries;
  readonly #family: string;
  readonly #read: (hash: Buffer) => Counted;

  constructor(
    sql: Statements,
    recent: RecentEntries,
    campaignNo: number,
    forgotten: { epoch: number; n: number },
    rule: Rule | undefined,
    day: Day | undefined,
  ) {
    this.#recent = recent;
    const { epoch, n } = forgotten;
    if (rule?.daily) {
      const { date, startMs, endMs } = day!;
      this.#family = `${campaignNo} ${rule.name} ${date} `;
      this.#read = (hash) => {
        const { count } = sql.countOfDay(hash, campaignNo, epoch, n, startMs, endMs)!;
        return count === 0 ? nothing : { ...nothing, count };
      };
    } else {
      this.#family = `${campaignNo} ${rule?.name ?? "request"} `;
      this.#read = (hash) => {
        const last = sql.lastOf(hash, campaignNo, epoch, n);
        if (!last) return nothing;
        const { count } = sql.countOf(hash, campaignNo, epoch, n)!;
        const fields = last.request_fields ?? undefined;
        return { count, serial: last.serial, timeMs: last.time_ms, fields };
      };
    }
  }

  of(hash: Buffer): Counted {
    return this.#recent.counted(this.#family, hash) ?? this.#read(hash);
  }

  /** One more than what `of` said. */
  add(hash: Buffer, { count }: Counted, last: { serial: number; timeMs: number; fields?: Buffer }): void {
    this.#recent.count(this.#family, hash, { fields: undefined, ...last, count: count + 1 });
  }
}
