import type { Campaign } from "../campaign/campaign.ts";
import type { Campaigns } from "../campaign/campaigns.ts";
import { type Day, dayAt } from "../campaign/day.ts";
import { type Plan, planOf } from "../campaign/plan.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Choose, chooseFor } from "./choices.ts";
import type { CodeBook } from "./code-book.ts";
import { TicketBook } from "./ticket-book.ts";

/** A campaign at hand, compiled. */
export interface KnownCampaign {
  campaign: Campaign;
  plan: Plan;
  /** Place of each prize in the plan's pools. */
  places: Map<string, number>;
  choose: Choose;
  readMs: number;
}

const max = 20_000;
/** How long the ledger is not asked again about an id that it does not know. */
const missMs = 500;

/**
 * Campaigns as this process last read them. What they say may be old: the store refuses an old revision as stale, and the caller
 * reads again.
 */
export class KnownCampaigns implements Campaigns {
  readonly #ledger: Pick<Ledger, "campaign">;
  readonly #codes: CodeBook;
  readonly #secrets: Pick<Secrets, "unwrap">;
  /** Of the raffles among them. */
  readonly tickets = new TicketBook();
  readonly #known = new Map<string, KnownCampaign>();
  readonly #byNo = new Map<number, KnownCampaign>();
  readonly #reading = new Map<string, Promise<KnownCampaign | undefined>>();
  readonly #missing = new Map<string, number>();
  readonly #days = new WeakMap<KnownCampaign, Day>();

  constructor(ledger: Pick<Ledger, "campaign">, codes: CodeBook, secrets: Pick<Secrets, "unwrap">) {
    this.#ledger = ledger;
    this.#codes = codes;
    this.#secrets = secrets;
  }

  async get(id: string): Promise<Campaign | undefined> {
    return (await this.known(id))?.campaign;
  }

  invalidate(id: string): void {
    this.#known.delete(id);
    this.#missing.delete(id);
  }

  /** By the ledger's number, where it is at hand. */
  byNo(no: number): Campaign | undefined {
    return this.#byNo.get(no)?.campaign;
  }

  /** Undefined: there is none. Throws LedgerUnavailable where it has to be read and can't be. */
  known(id: string): Promise<KnownCampaign | undefined> | KnownCampaign | undefined {
    const known = this.#known.get(id);
    if (known) return known;
    if ((this.#missing.get(id) ?? Number.NEGATIVE_INFINITY) > performance.now()) return undefined;
    let reading = this.#reading.get(id);
    if (!reading) {
      reading = this.#read(id).finally(() => this.#reading.delete(id));
      this.#reading.set(id, reading);
    }
    return reading;
  }

  /** Reads a campaign again that somebody else may have changed. */
  refreshed(known: KnownCampaign): Promise<KnownCampaign | undefined> | KnownCampaign | undefined {
    const { id } = known.campaign;
    if (this.#known.get(id) === known) this.invalidate(id);
    return this.known(id);
  }

  /** The campaign's day at an instant, where its plan depends on the day. */
  day(known: KnownCampaign, nowMs: number): Day | undefined {
    if (!known.plan.daily) return undefined;
    let day = this.#days.get(known);
    if (!day || nowMs < day.startMs || nowMs >= day.endMs) {
      day = dayAt(known.campaign.timeZone, nowMs);
      this.#days.set(known, day);
    }
    return day;
  }

  /** What serials taken by a plan stand for: codes, or the numbers of a raffle's tickets. */
  texts(plan: Plan, serials: number[]): string[] | Promise<string[]> {
    if (plan.hasCodes) return this.#codes.encode(plan.spaceNo, serials);
    return this.tickets.numbers(plan.campaignNo, serials).map(String);
  }

  /** The same of a campaign that need not be at hand, and may have been deleted. */
  textsOf(campaign: Campaign, serials: number[]): string[] | Promise<string[]> {
    this.#learn(campaign);
    return this.texts(planOf(campaign), serials);
  }

  /** Makes the texts of its serials available; returns the secret that its draws come from. */
  #learn(campaign: Campaign): Buffer | undefined {
    this.#codes.add(campaign.space);
    const secret = campaign.drawSecret && this.#secrets.unwrap("draw", campaign.drawSecret.wrapped);
    if (campaign.tickets) this.tickets.add(campaign, secret!);
    return secret;
  }

  async #read(id: string): Promise<KnownCampaign | undefined> {
    const campaign = await this.#ledger.campaign(id);
    if (!campaign) {
      if (this.#missing.size >= max) this.#missing.clear();
      this.#missing.set(id, performance.now() + missMs);
      return undefined;
    }
    const secret = this.#learn(campaign);
    const places = new Map(campaign.prizes.map((prize, place) => [prize.id, place]));
    const plan = planOf(campaign);
    const choose = chooseFor(campaign, plan, places, secret);
    const known = { campaign, plan, places, choose, readMs: performance.now() };
    if (this.#known.size >= max) {
      const [oldestId, oldest] = this.#known.entries().next().value!;
      this.#known.delete(oldestId);
      this.#byNo.delete(oldest.campaign.no);
    }
    this.#known.set(id, known);
    this.#byNo.set(campaign.no, known);
    return known;
  }
}
