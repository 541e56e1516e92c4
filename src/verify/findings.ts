import type { EntryKeyRecord, EntryRecord } from "./records.ts";

/** How many are kept with their words: after the first ones the rest mostly follows from them. */
const keptMax = 20;

/** What does not come out as it should, in the order in which it was found. */
export class Findings {
  count = 0;
  readonly kept: string[] = [];

  add(where: string, problem: string): void {
    this.count++;
    if (this.kept.length < keptMax) this.kept.push(`${where}: ${problem}`);
  }

  about(entry: EntryRecord, problem: string): void {
    const { date, number, user } = entry;
    const nth = number > 0 ? `, number ${number}` : "";
    this.add(`${keyText(entry)} (user ${user.toString("hex")}, ${date}${nth})`, problem);
  }
}

export const keyText = ({ partition, epoch, n, i }: EntryKeyRecord) =>
  `entry ${partition}/${epoch}/${n}/${i}`;
