import type { Day } from "../../campaign/day.ts";
import type { Rule } from "../../campaign/plan.ts";
import type { Counted, RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

/** What is counted, under which key. */
export interface Found {
  key: string;
  counted: Counted;
}

const nothing: Counted = { count: 0, serial: 0, timeMs: 0, fields: undefined };

/** As many as row_number has. */
const hashesAtOnce = 1_000;

/** What a campaign's entries count by one rule, or by request: what is recent from memory, the rest from the table. */
export class CountedBy {
  readonly #recent: RecentEntries;
  readonly #family: string;
  readonly #read: (hash: Buffer) => Counted;
  /** Those of the batch that the table has; most are new. */
  readonly #inTable = new Set<string>();

  constructor(
    sql: Statements,
    recent: RecentEntries,
    campaignNo: number,
    forgotten: { epoch: number; n: number },
    rule: Rule | undefined,
    day: Day | undefined,
    hashes: Buffer[],
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
    for (let at = 0; at < hashes.length; at += hashesAtOnce) {
      const some = hashes.slice(at, at + hashesAtOnce);
      for (const { hash } of sql.inTable(some.length, Buffer.concat(some), campaignNo)) {
        this.#inTable.add(Buffer.from(hash).toString("latin1"));
      }
    }
  }

  of(hash: Buffer): Found {
    const latin1 = hash.toString("latin1");
    const key = latin1 + this.#family;
    const recent = this.#recent.counted(key);
    if (recent) return { key, counted: recent };
    const isNew = this.#inTable.size === 0 || !this.#inTable.has(latin1);
    return { key, counted: isNew ? nothing : this.#read(hash) };
  }

  /** One more than what `of` found. */
  add({ key, counted }: Found, last: { serial: number; timeMs: number; fields?: Buffer }): void {
    this.#recent.count(key, { count: counted.count + 1, fields: undefined, ...last });
  }
}
