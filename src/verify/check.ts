import type { EntryRecord } from "./records.ts";

/** One thing that has to be right about a campaign's records. */
export interface Check {
  /** Of all entries, in their order. */
  entry(entry: EntryRecord): void;
  /** After the last one. */
  end(): Checked;
}

/** What was found to be right, or was not looked at, in a few words each; what is wrong is a finding. */
export interface Checked {
  checked: string[];
  unchecked: string[];
}
