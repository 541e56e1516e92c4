import { randomUUID } from "node:crypto";
import type { Campaign } from "../campaign/campaign.ts";
import { type Day, dayAfter } from "../campaign/day.ts";
import { partitionsOf } from "../campaign/partitions.ts";
import { daysBegun, roundsUntilMs } from "../campaign/rounds.ts";
import type { Mark } from "../ledger/entries.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { OutageLog } from "./outage-log.ts";
import type { RoundDraws } from "./round-draws.ts";
import { type Service, Stopping } from "./service.ts";

export interface RoundsOptions {
  ledger: Ledger;
  store: Pick<Store, "nowMs">;
  draws: RoundDraws;
  /** Number of the store's partitions. */
  partitions: number;
  log: Logger;
}

const intervalMs = 1_000;
/** So long before a day begins its round is made: up to then entries are recorded that its draw need not read. */
const aheadMs = 600_000;
/** Whoever holds a round longer has died. */
const leaseMs = 30_000;
const campaignsAtOnce = 1_000;
const daysAtOnce = 100;
const roundsAtOnce = 10_000;

/** Lotteries' rounds open by themselves and close by themselves, whichever servers run. */
export class Rounds implements Service {
  readonly name = "rounds";
  readonly #options: RoundsOptions;
  readonly #stopping = new Stopping();
  readonly #owner = randomUUID();
  readonly #outages: OutageLog;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.log, "rounds");
  }

  async run(): Promise<void> {
    while (!this.#stopping.stopped) {
      await this.#stopping.pause(intervalMs);
      if (this.#stopping.stopped) return;
      await this.#attempt(0, () => this.open(Date.now()));
      await this.#attempt(1, () => this.close(Date.now()));
    }
  }

  async #attempt(part: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#outages.over(part);
    } catch (error) {
      this.#outages.trouble(part, error);
    }
  }

  stop(): void {
    this.#stopping.stop();
  }

  /** Makes the rounds that have begun, and those of days that begin soon. */
  async open(nowMs: number): Promise<void> {
    const { ledger } = this.#options;
    const campaigns = await ledger.lotteriesWithoutRound(nowMs, nowMs + aheadMs, campaignsAtOnce);
    await this.#each(campaigns, async (campaign) => {
      const last = await openRounds(ledger, campaign, nowMs);
      const isNear = last !== undefined && last.endMs <= nowMs + aheadMs;
      if (isNear && last.endMs < roundsUntilMs(campaign)) {
        await this.#ahead(campaign, dayAfter(campaign.timeZone, last));
      }
    });
  }

  /** Closes those that are over. */
  async close(nowMs: number): Promise<void> {
    const due = await this.#options.ledger.roundsToClose(nowMs, roundsAtOnce);
    await this.#each(due, ({ campaignNo, date }) => this.#close(campaignNo, date));
  }

  /** One that is in trouble, such as a partition that can't be reached, keeps no other from its turn. */
  async #each<T>(all: T[], work: (one: T) => Promise<void>): Promise<void> {
    let trouble: unknown;
    for (const one of all) {
      if (this.#stopping.stopped) return;
      try {
        await work(one);
      } catch (error) {
        trouble ??= error;
      }
    }
    if (trouble) throw trouble;
  }

  async #close(campaignNo: number, date: string): Promise<void> {
    const { ledger, draws, log } = this.#options;
    if (!(await ledger.leaseRound(campaignNo, date, this.#owner, leaseMs))) return;
    try {
      const campaign = (await ledger.campaignByNo(campaignNo))!;
      const closed = await draws.close(campaign, date, undefined, undefined);
      if (closed === "drawn") log.info({ campaign: campaign.id, round: date }, "round: winners drawn");
    } finally {
      await ledger.releaseRound(campaignNo, date, this.#owner);
    }
  }

  /**
   * Up to where entries are recorded is read before the clock: what is recorded by then was taken before the day, if the clock has not come
   * to it.
   */
  async #ahead(campaign: Campaign, day: Day): Promise<void> {
    const { ledger, store, partitions } = this.#options;
    const own = partitionsOf(campaign, partitions);
    const mark = await ledger.entryMark();
    const clocks = await Promise.all(own.map((no) => store.nowMs(no)));
    if (clocks.some((nowMs) => nowMs >= day.startMs)) return;
    const ofCampaign = ({ partitionNo }: Mark[number]) => own.includes(partitionNo);
    await ledger.addRounds(campaign.no, [day], mark.filter(ofCampaign));
  }
}

/** Makes the rows of a lottery's rounds that have begun; returns the last one's day, undefined: it has none yet. */
export async function openRounds(
  ledger: Pick<Ledger, "addRounds" | "lastRound">,
  campaign: Campaign,
  nowMs: number,
): Promise<Day | undefined> {
  let last: Day | undefined = await ledger.lastRound(campaign.no);
  for (;;) {
    const days = daysBegun(campaign, last, nowMs, daysAtOnce);
    if (days.length === 0) return last;
    await ledger.addRounds(campaign.no, days, undefined);
    last = days.at(-1);
  }
}
