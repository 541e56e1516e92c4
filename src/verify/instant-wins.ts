import { InstantWin, prizeAt } from "../draws/instant-win.ts";
import type { Check, Checked } from "./check.ts";
import type { Findings } from "./findings.ts";
import type { CampaignRecord, EntryRecord } from "./records.ts";

/** Every draw comes to what the secret says, by the odds of its revision; and it got that, or nothing. */
export class InstantWins implements Check {
  readonly #findings: Findings;
  readonly #campaign: CampaignRecord;
  readonly #draws: InstantWin | undefined;
  /** By revision. */
  readonly #prizes: Map<number, { no: number; oddsPpm: number }[]>;
  #drawn = 0;

  constructor(findings: Findings, campaign: CampaignRecord) {
    this.#findings = findings;
    this.#campaign = campaign;
    this.#draws = campaign.secret && new InstantWin(campaign.secret, campaign.id);
    this.#prizes = new Map(
      campaign.revisions.map(({ revision, prizes }) => [
        revision,
        prizes.map(({ oddsPpm }, no) => ({ no, oddsPpm })),
      ]),
    );
  }

  entry(entry: EntryRecord): void {
    const { revision, user, date, number, drawn, given } = entry;
    if (given !== undefined && given !== drawn) {
      this.#findings.about(entry, `it drew ${this.#name(drawn)}, and got ${this.#name(given)}`);
    }
    const prizes = this.#prizes.get(revision);
    if (!this.#draws || !prizes) return;
    this.#drawn++;
    const due = prizeAt(prizes, this.#draws.number(user, date, number))?.no;
    if (drawn === due) return;
    this.#findings.about(entry, `it drew ${this.#name(drawn)}, and by the secret it is ${this.#name(due)}`);
  }

  end(): Checked {
    if (!this.#draws) {
      return { checked: [], unchecked: ["what each draw comes to: the secret is not revealed yet"] };
    }
    const draws = `${this.#drawn.toLocaleString("en")} draws made anew from the secret`;
    return { checked: [draws], unchecked: [] };
  }

  #name(no: number | undefined): string {
    if (no === undefined) return "no prize";
    return this.#campaign.revisions.at(-1)!.prizes[no]?.id ?? `prize ${no}, which there is not`;
  }
}
