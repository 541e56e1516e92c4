import type { Check, Checked } from "./check.ts";
import type { Findings } from "./findings.ts";
import type { EntryRecord } from "./records.ts";
import { UserTable } from "./user-table.ts";

const width = 3;

/**
 * A user's entries of a day are the first, the second and so on, without a gap: who tried until it suited, or left a draw out, would have one.
 * An entry that was returned counts no more, at some time after it was made: from then on the numbers are one less.
 */
export class UserNumbers implements Check {
  readonly #findings: Findings;
  /** Of each user of one partition and day: entries, those of them that were returned, and how many of these count no more. */
  #table = new UserTable(width);
  #partition = -1;
  #date = "";
  #numbers = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  entry(entry: EntryRecord): void {
    const { partition, date, user, number, returned } = entry;
    if (partition !== this.#partition || date !== this.#date) {
      this.#table = new UserTable(width);
      this.#partition = partition;
      this.#date = date;
    }
    this.#numbers++;
    const at = this.#table.at(user);
    const { values } = this.#table;
    const next = values[at]! + 1;
    const uncounted = next - number;
    if (number < 1 || uncounted < values[at + 2]! || uncounted > values[at + 1]!) {
      this.#findings.about(entry, `it is number ${number}, and should be ${next - values[at + 2]!}`);
    } else {
      values[at + 2] = uncounted;
    }
    values[at] = next;
    if (returned) values[at + 1]!++;
  }

  end(): Checked {
    const numbers = `${this.#numbers.toLocaleString("en")} numbers, by user and day from 1 without a gap`;
    return { checked: [numbers], unchecked: [] };
  }
}
