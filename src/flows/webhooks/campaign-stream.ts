import type { Campaign } from "../../campaign/campaign.ts";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { eventsOfEntries, type Names, typeOfEntries } from "../../events/of-entry.ts";
import { eventsOfFacts, typeOfFact } from "../../events/of-fact.ts";
import { type EventPosition, noCampaign, type Place } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** How much is read at once; no more than this is in memory, however much there is. */
const pageSize = 200;

export interface CampaignStreamOptions {
  ledger: Ledger;
  names: Names;
  /** Types of events. */
  wants: ReadonlySet<string>;
  userIds: boolean;
  /** Where it goes on; it is moved along. */
  position: EventPosition;
}

interface Step {
  /** Undefined: nobody wants to hear of it. */
  event: CloudEvent | undefined;
  timeMs: number;
  /** Moves the position behind it. */
  pass(): void;
}

/**
 * What one endpoint gets of one campaign, in order. First all entries that were there at some moment, then all facts of that moment,
 * then those of the next: so a fact never comes before the entries that it is about.
 */
export class CampaignStream {
  readonly position: EventPosition;
  /** Whether the position was moved since somebody last cleared this. */
  moved = false;
  readonly #options: CampaignStreamOptions;
  #end: EventPosition | undefined;
  #steps: Step[] = [];
  #campaign: Campaign | undefined;

  constructor(options: CampaignStreamOptions) {
    this.#options = options;
    this.position = options.position;
  }

  /** When what comes next happened; undefined: not known, or there is nothing. */
  get oldestMs(): number | undefined {
    return this.#steps[0]?.timeMs;
  }

  /** The event that comes next, the same one until it was passed; undefined: there is none for now. */
  async next(): Promise<CloudEvent | undefined> {
    for (;;) {
      const event = this.#steps[0]?.event;
      if (event) return event;
      if (this.#steps.length > 0) this.pass();
      else if (!(await this.#read())) return undefined;
    }
  }

  pass(): void {
    this.#steps.shift()!.pass();
    this.moved = true;
  }

  /** Reads on, if only to find that an end is reached. False: there was nothing to read. */
  async #read(): Promise<boolean> {
    const { position } = this;
    const known = this.#end;
    const end = known ?? (await this.#options.ledger.eventEnd(position.campaignNo));
    this.#end = isAt(position, end) ? undefined : end;
    if (!this.#end) return known !== undefined;
    for (const [partitionNo, place] of end.places) {
      if (await this.#readEntries(partitionNo, place)) return true;
    }
    if (position.seq < end.seq && (await this.#readFacts(end.seq))) return true;
    position.entries = end.entries;
    position.seq = end.seq;
    this.moved = true;
    return true;
  }

  async #readEntries(partitionNo: number, end: Place): Promise<boolean> {
    const { ledger, names, wants, userIds } = this.#options;
    const { campaignNo, places } = this.position;
    const after = places.get(partitionNo);
    if (after && !isBefore(after, end)) return false;
    const campaign = await this.#known();
    const entries = wants.has(typeOfEntries(campaign))
      ? await ledger.entriesUpTo(campaignNo, partitionNo, after, end, pageSize)
      : [];
    if (entries.length === 0) {
      places.set(partitionNo, end);
      this.moved = true;
      return false;
    }
    const events = await eventsOfEntries(await this.#knowing(entries), entries, names, userIds);
    this.#steps = entries.map(({ epoch, n, i, timeMs }, at) => ({
      event: events[at],
      timeMs,
      pass: () => {
        places.set(partitionNo, { epoch, n, i });
        // The last one is counted when the end is reached: until then there is something left.
        this.position.entries = Math.min(this.position.entries + 1, this.#end!.entries - 1);
      },
    }));
    return true;
  }

  async #readFacts(upTo: number): Promise<boolean> {
    const { ledger, names, wants, userIds } = this.#options;
    const { campaignNo, seq } = this.position;
    const facts = await ledger.facts(campaignNo, seq, upTo, pageSize);
    const wanted = facts.filter((fact) => wants.has(typeOfFact(fact)));
    // Read again: a fact does not say which revision it needs.
    this.#campaign = undefined;
    const campaign = campaignNo === noCampaign ? undefined : await this.#known();
    const events = await eventsOfFacts(campaign, wanted, ledger, names, userIds);
    const bySeq = new Map(wanted.map((fact, at) => [fact.seq, events[at]]));
    this.#steps = facts.map(({ seq, timeMs }) => ({
      event: bySeq.get(seq),
      timeMs,
      pass: () => {
        this.position.seq = seq;
      },
    }));
    return facts.length > 0;
  }

  /** The campaign, with all prizes that these entries are of: more may have been added since it was read. */
  async #knowing(entries: { revision: number }[]): Promise<Campaign> {
    const campaign = await this.#known();
    if (entries.every(({ revision }) => revision <= campaign.revision)) return campaign;
    this.#campaign = undefined;
    return this.#known();
  }

  async #known(): Promise<Campaign> {
    const { campaignNo } = this.position;
    this.#campaign ??= await this.#options.ledger.campaignByNo(campaignNo);
    if (!this.#campaign) throw new Error(`there is no campaign ${campaignNo}`);
    return this.#campaign;
  }
}

function isAt(position: EventPosition, end: EventPosition): boolean {
  return (
    position.entries === end.entries &&
    position.seq >= end.seq &&
    [...end.places].every(([partitionNo, place]) => {
      const at = position.places.get(partitionNo);
      return at !== undefined && !isBefore(at, place);
    })
  );
}

const isBefore = (a: Place, b: Place) =>
  a.epoch !== b.epoch ? a.epoch < b.epoch : a.n !== b.n ? a.n < b.n : a.i < b.i;
