import type { Day } from "../../campaign/day.ts";
import type { Rule } from "../../campaign/plan.ts";
import type { Counts, LastRow } from "./counts.ts";
import type { Counted, RecentEntries } from "./recent-entries.ts";
import type { Statements } from "./statements.ts";

/** What is counted, under which key. */
export interface Found {
  key: string;
  counted: Counted;
}

const none: Counted = { count: 0, serial: undefined, number: 0, timeMs: 0, fields: undefined };

/** As many as row_number has. */
const hashesAtOnce = 1_000;

/** Where a campaign's entries are counted. */
export interface Counting {
  sql: Statements;
  recent: RecentEntries;
  campaignNo: number;
  /** Entries up to here count no more. */
  forgotten: { epoch: number; n: number };
  /** Some entries count for no rule any more. */
  hasReleased: boolean;
}

/** What a campaign's entries count by one rule, or by request: what is recent from memory, the rest from the table. */
export class CountedBy {
  readonly #recent: RecentEntries;
  readonly #family: string;
  readonly #read: (hash: Buffer) => Counted;
  /** Those of the batch that the table has; most are new. */
  readonly #inTable = new Set<string>();

  constructor(counting: Counting, rule: Rule | undefined, day: Day | undefined, hashes: Buffer[]) {
    const { sql, recent, campaignNo } = counting;
    this.#recent = recent;
    this.#family = rule?.daily
      ? `${campaignNo} ${rule.name} ${day!.date} `
      : `${campaignNo} ${rule?.name ?? "request"} `;
    this.#read = reading(counting, rule, day);
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
    return { key, counted: isNew ? none : this.#read(hash) };
  }

  /** One more than what `of` found. */
  add({ key, counted }: Found, { serial, number, timeMs, fields }: Omit<Counted, "count">): void {
    this.#recent.count(key, { count: counted.count + 1, serial, number, timeMs, fields });
  }
}

/** How a hash's entries are counted in the table. A request has got what it got, released or not. */
function reading(
  { sql, campaignNo, forgotten: { epoch, n }, hasReleased }: Counting,
  rule: Rule | undefined,
  day: Day | undefined,
): (hash: Buffer) => Counted {
  const counts: Counts = rule && hasReleased ? sql.countsWithoutReleased : sql.counts;
  if (!rule?.daily) {
    return (hash) => {
      const last = counts.last(hash, campaignNo, epoch, n);
      return last ? counted(counts.count(hash, campaignNo, epoch, n)!.count, last) : none;
    };
  }
  const { startMs, endMs } = day!;
  return (hash) => {
    const { count } = counts.countOfDay(hash, campaignNo, epoch, n, startMs, endMs)!;
    if (count === 0) return none;
    if (!rule.remembers) return { ...none, count };
    return counted(count, counts.lastOfDay(hash, campaignNo, epoch, n, startMs, endMs)!);
  };
}

function counted(count: number, last: LastRow): Counted {
  const { serial, number, time_ms: timeMs, request_fields: fields } = last;
  return { count, serial: serial ?? undefined, number, timeMs, fields: fields ?? undefined };
}
