import type { Check, Checked } from "./check.ts";
import type { Findings } from "./findings.ts";
import type { CampaignRecord, EntryRecord } from "./records.ts";

/** What was given of a prize, in all or on a day. */
interface Tally {
  given: number;
  returned: number;
}

/** A draw whose prize had run out, and how much of it has to have been given for that. */
interface Denied {
  entry: EntryRecord;
  total: number;
  ofDay: number;
}

/** A day, and the revisions that its entries were decided by. */
interface DayTally {
  prizes: Tally[];
  lowest: number;
  highest: number;
}

/**
 * No more of a prize was given than there was, in all and on any day; and nobody was denied what there still was. A changed quota reaches the
 * store within moments, so the quotas of the revisions next to an entry's count too. With one partition the entries are in the order in which
 * they were decided, and a denial is checked by what had been given before; with several by what was given in all.
 */
export class Stock implements Check {
  readonly #findings: Findings;
  readonly #campaign: CampaignRecord;
  readonly #total: Tally[];
  readonly #days = new Map<string, DayTally>();
  /** By prize, date and revision; the first of each. */
  readonly #denied = new Map<string, Denied>();
  /** By prize: the first entry that more was given with than there is. */
  readonly #over = new Map<number, EntryRecord>();
  #denials = 0;
  #withoutPrize = 0;

  constructor(findings: Findings, campaign: CampaignRecord) {
    this.#findings = findings;
    this.#campaign = campaign;
    this.#total = campaign.stock.map(emptyTally);
  }

  entry(entry: EntryRecord): void {
    const day = this.#dayOf(entry);
    const { given, drawn } = entry;
    if (given !== undefined && this.#total[given]) this.#give(entry, given, day);
    if (given !== undefined) return;
    this.#withoutPrize++;
    if (drawn !== undefined && this.#total[drawn]) this.#deny(entry, drawn, day);
  }

  end(): Checked {
    for (const { entry, total, ofDay } of this.#denied.values()) this.#checkDenied(entry, total, ofDay);
    for (const no of this.#total.keys()) {
      this.#checkTotal(no);
      for (const [date, day] of this.#days) this.#checkDay(no, date, day);
    }
    const { withoutPrize } = this.#campaign;
    if (withoutPrize !== this.#withoutPrize) {
      const problem = `${this.#withoutPrize} entries won nothing, and ${withoutPrize} were counted when they were recorded`;
      this.#findings.add("entries", problem);
    }
    const quotas = `${this.#total.length} prizes on ${this.#days.size} days: none given beyond its quotas`;
    const denials = `${this.#denials.toLocaleString("en")} draws got nothing because their prize had run out: it had`;
    return { checked: [quotas, denials], unchecked: [] };
  }

  #dayOf({ date, revision }: EntryRecord): DayTally {
    let day = this.#days.get(date);
    if (!day) {
      day = { prizes: this.#total.map(emptyTally), lowest: revision, highest: revision };
      this.#days.set(date, day);
    }
    day.lowest = Math.min(day.lowest, revision);
    day.highest = Math.max(day.highest, revision);
    return day;
  }

  #give(entry: EntryRecord, no: number, { prizes }: DayTally): void {
    const total = this.#total[no]!;
    for (const tally of [total, prizes[no]!]) {
      tally.given++;
      if (entry.returned) tally.returned++;
    }
    if (!this.#over.has(no) && total.given - total.returned > this.#quota(no)) this.#over.set(no, entry);
  }

  #deny(entry: EntryRecord, no: number, { prizes }: DayTally): void {
    this.#denials++;
    const { revision, date } = entry;
    const total = Math.min(
      ...this.#near(revision, revision, no).map(({ quota }) => quota ?? this.#stock(no).reserved),
    );
    const ofDay = Math.min(
      ...this.#near(revision, revision, no).map(({ dailyQuota }) => dailyQuota ?? Number.POSITIVE_INFINITY),
    );
    if (this.#campaign.partitions > 1) {
      this.#denied.getOrInsert(`${no} ${date} ${revision}`, { entry, total, ofDay });
    } else if (!this.#isExhausted(no, prizes[no]!, total, ofDay)) {
      this.#denialProblem(entry, no, this.#total[no]!, prizes[no]!);
    }
  }

  #checkDenied(entry: EntryRecord, total: number, ofDay: number): void {
    const no = entry.drawn!;
    const day = this.#days.get(entry.date)!.prizes[no]!;
    if (!this.#isExhausted(no, day, total, ofDay)) this.#denialProblem(entry, no, this.#total[no]!, day);
  }

  #isExhausted(no: number, day: Tally, total: number, ofDay: number): boolean {
    const { inDoubt } = this.#stock(no);
    return this.#total[no]!.given + inDoubt >= total || day.given + inDoubt >= ofDay;
  }

  #denialProblem(entry: EntryRecord, no: number, total: Tally, day: Tally): void {
    const given = `${total.given} had been given, ${day.given} of them that day`;
    this.#findings.about(
      entry,
      `it drew ${this.#name(no)} and got nothing, though it had not run out: ${given}`,
    );
  }

  #checkTotal(no: number): void {
    const { given, returned } = this.#total[no]!;
    const counted = this.#campaign.given[no] ?? 0;
    if (given !== counted) {
      const problem = `${given} were given, and ${counted} were counted when they were recorded`;
      this.#findings.add(this.#name(no), problem);
    }
    const used = given - returned + this.#stock(no).inDoubt;
    if (used <= this.#quota(no)) return;
    const problem = `${used} were given, and there are ${this.#quota(no)}`;
    const entry = this.#over.get(no);
    if (entry) this.#findings.about(entry, `of ${this.#name(no)} ${problem}`);
    else this.#findings.add(this.#name(no), problem);
  }

  #checkDay(no: number, date: string, { prizes, lowest, highest }: DayTally): void {
    const { given, returned } = prizes[no]!;
    const quotas = this.#near(lowest, highest, no).map(
      ({ dailyQuota }) => dailyQuota ?? Number.POSITIVE_INFINITY,
    );
    const quota = Math.max(...quotas);
    if (given - returned <= quota) return;
    this.#findings.add(
      `${this.#name(no)}, ${date}`,
      `${given - returned} were given, and there are ${quota} a day`,
    );
  }

  /** A prize in the revisions from one before to one after. */
  #near(lowest: number, highest: number, no: number) {
    return this.#campaign.revisions
      .filter(({ revision }) => revision >= lowest - 1 && revision <= highest + 1)
      .flatMap(({ prizes }) => prizes[no] ?? []);
  }

  #stock = (no: number) => this.#campaign.stock[no]!;
  #quota = (no: number) => this.#stock(no).quota ?? Number.POSITIVE_INFINITY;
  #name = (no: number) => this.#campaign.revisions.at(-1)!.prizes[no]!.id;
}

const emptyTally = (): Tally => ({ given: 0, returned: 0 });
