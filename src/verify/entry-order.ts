import { type Day, dayAt } from "../campaign/day.ts";
import type { Check, Checked } from "./check.ts";
import type { Findings } from "./findings.ts";
import type { CampaignRecord, EntryRecord, RevisionRecord } from "./records.ts";

/**
 * Every entry by itself, and its place among the others: each is there once, a partition's clock goes forward, a user is always in the same
 * partition, and what is recorded was allowed by its revision.
 */
export class EntryOrder implements Check {
  readonly #findings: Findings;
  readonly #campaign: CampaignRecord;
  readonly #revisions: Map<number, RevisionRecord>;
  readonly #hashOf: ((userId: string) => Uint8Array) | undefined;
  /** The partitions of users, by what chooses them, and the other way round. */
  readonly #partitionOf = new Map<number, number>();
  readonly #spreadOf = new Map<number, number>();
  #last: EntryRecord | undefined;
  #day: (Day & { timeZone: string }) | undefined;
  #entries = 0;
  #hashed = 0;

  /** `hashOf`: what stands for a user; undefined: whoever checks does not know. */
  constructor(
    findings: Findings,
    campaign: CampaignRecord,
    hashOf: ((userId: string) => Uint8Array) | undefined,
  ) {
    this.#findings = findings;
    this.#campaign = campaign;
    this.#revisions = new Map(campaign.revisions.map((one) => [one.revision, one]));
    this.#hashOf = hashOf;
  }

  entry(entry: EntryRecord): void {
    this.#entries++;
    const problem =
      this.#orderProblem(entry) ??
      this.#partitionProblem(entry) ??
      this.#revisionProblem(entry) ??
      this.#userProblem(entry);
    if (problem) this.#findings.about(entry, problem);
    this.#last = entry;
  }

  end(): Checked {
    this.#checkCounts();
    const entries = `${this.#entries.toLocaleString("en")} entries, as many as were counted, in order and in time`;
    const users = `${this.#hashed.toLocaleString("en")} user hashes made anew from the user ids`;
    return { checked: this.#hashed > 0 ? [entries, users] : [entries], unchecked: [] };
  }

  #orderProblem(entry: EntryRecord): string | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const { partition, epoch, n, i, timeMs } = entry;
    const above = partition - last.partition || epoch - last.epoch || n - last.n || i - last.i;
    if (above <= 0) return "it does not come after the one before it";
    if (partition === last.partition && timeMs < last.timeMs) {
      return `it was recorded at ${timeMs} ms, and the one before it at ${last.timeMs}`;
    }
  }

  #partitionProblem({ user, partition }: EntryRecord): string | undefined {
    const spread = user.readUInt16BE(0) % this.#campaign.partitions;
    const known = this.#partitionOf.get(spread);
    if (known === partition) return undefined;
    if (known !== undefined || this.#spreadOf.has(partition)) return "its user belongs to another partition";
    this.#partitionOf.set(spread, partition);
    this.#spreadOf.set(partition, spread);
  }

  #revisionProblem({ revision, timeMs, date, number }: EntryRecord): string | undefined {
    const by = this.#revisions.get(revision);
    if (!by) return `there is no revision ${revision}`;
    if (by.endedMs !== undefined) return `at revision ${revision} the campaign had been ended`;
    if (by.paused) return `at revision ${revision} the campaign was paused`;
    if (timeMs < by.startMs || timeMs >= by.endMs) {
      return `it was recorded at ${timeMs} ms: not from ${by.startMs} to before ${by.endMs}, when the campaign ran`;
    }
    const day = this.#dayAt(by.timeZone, timeMs);
    if (date !== day) return `it was recorded at ${timeMs} ms, which is ${day} in ${by.timeZone}`;
    if (by.entriesPerDay > 0 && number > by.entriesPerDay) {
      return `at revision ${revision} a user had ${by.entriesPerDay} a day at most`;
    }
  }

  #userProblem({ user, userId }: EntryRecord): string | undefined {
    if (!this.#hashOf || !userId) return undefined;
    this.#hashed++;
    return user.equals(this.#hashOf(userId)) ? undefined : "its user hash is not that of its user id";
  }

  /** Nearly all that were recorded in a row were recorded on one day. */
  #dayAt(timeZone: string, timeMs: number): string {
    const known = this.#day;
    if (known?.timeZone === timeZone && timeMs >= known.startMs && timeMs < known.endMs) return known.date;
    this.#day = { timeZone, ...dayAt(timeZone, timeMs) };
    return this.#day.date;
  }

  #checkCounts(): void {
    const { given, withoutPrize } = this.#campaign;
    const counted = given.reduce((sum, one) => sum + one, withoutPrize);
    if (counted === this.#entries) return;
    this.#findings.add(
      "entries",
      `there are ${this.#entries}, and ${counted} were counted when they were recorded`,
    );
  }
}
