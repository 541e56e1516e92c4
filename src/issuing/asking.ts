import { type Campaign, type Prize, prizeOf } from "../campaign/campaign.ts";
import type { Day } from "../campaign/day.ts";
import { partitionFor } from "../campaign/partitions.ts";
import type { Plan } from "../campaign/plan.ts";
import type { Reason } from "../campaign/reason.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PoolKey } from "../ledger/lending.ts";
import type { Batcher, Waiting } from "../store/batcher.ts";
import { type Outcome, StoreUnavailable, type Take } from "../store/store.ts";
import type { CodeBook } from "./code-book.ts";
import { compileTake } from "./compile-take.ts";
import { entryOfEnded } from "./ended.ts";
import type { KnownCampaign, KnownCampaigns } from "./known-campaigns.ts";
import type { Failed, Issued, IssueRequest } from "./request.ts";
import type { Tallies } from "./tallies.ts";

export interface AskingOptions {
  campaigns: KnownCampaigns;
  codes: CodeBook;
  batcher: Batcher;
  secrets: Secrets;
  ledger: Pick<Ledger, "couponOf">;
  partitions: number;
  tallies: Tallies;
  /** Fills a pool that is dry. */
  fill(campaign: Campaign, place: Omit<PoolKey, "epoch">): Promise<void>;
}

type Refused = Extract<Outcome, { kind: "refused" }>;
/** Nothing was decided: something has to be put right first. */
type Undecided = Extract<Outcome, { kind: "dry" | "stale" | "other-day" }>;

/** A dry pool makes its takes wait for the refill so long. */
const dryMs = 2_000;
/** An ended campaign that was read longer ago may have left the store since. */
const endedReadMs = 5_000;

/** One request on its way: asks the store until its answer is one for the caller. */
export class Asking implements Waiting {
  plan: Plan;
  day: Day | undefined;
  take: Take;
  readonly #options: AskingOptions;
  readonly #request: IssueRequest;
  readonly #done: (result: Issued | Failed) => void;
  #known: KnownCampaign;
  #giveUpMs: number | undefined;
  /** Its day is over: only what was taken for the same request before is wanted. */
  #isLate = false;

  constructor(
    options: AskingOptions,
    known: KnownCampaign,
    request: IssueRequest,
    done: (result: Issued | Failed) => void,
  ) {
    this.#options = options;
    this.#request = request;
    this.#done = done;
    this.#known = known;
    this.plan = known.plan;
    this.day = request.day ?? options.campaigns.day(known, Date.now());
    this.take = compileTake(options.secrets, known, request, this.day);
  }

  ask(): void {
    this.#options.batcher.take(this.#partitionNo, this);
  }

  settle(outcome: Outcome, code: string): void {
    switch (outcome.kind) {
      case "issued": {
        const { serial, number, timeMs, replayed } = outcome;
        if (serial === undefined) {
          this.#tell({ kind: "entry", number, issueMs: timeMs, replayed });
          break;
        }
        const coupon = (prize: Prize): Issued => ({
          kind: "coupon",
          code,
          prizeId: prize.id,
          number,
          issueMs: timeMs,
          replayed,
        });
        const prize = prizeOf(this.#known.campaign, serial);
        if (prize) this.#tell(coupon(prize));
        else this.#doneLater(this.#prizeReservedSince(serial).then(coupon));
        break;
      }
      case "other-day": {
        const { day, requestId } = this.#request;
        if (day && outcome.nowMs < day.startMs) this.#tell(notStarted(this.#known, day));
        else if (day && requestId === "") this.refuse("ROUND_SEALED");
        else {
          this.#isLate = day !== undefined;
          this.#askAgain(outcome);
        }
        break;
      }
      case "refused":
        if (outcome.reason === "ENDED") this.#doneLater(this.#ended());
        else this.#tell({ kind: "refusal", reason: outcome.reason, retryMs: this.#retryMs(outcome) });
        break;
      case "reused":
      case "ledger-behind":
        this.#tell(outcome);
        break;
      case "unknown":
        this.fail(
          new StoreUnavailable("it is not known whether a coupon was issued before the store was restarted"),
        );
        break;
      default:
        this.#askAgain(outcome);
    }
  }

  /** Answers without asking. */
  refuse(reason: Reason): void {
    this.#tell({ kind: "refusal", reason, retryMs: undefined });
  }

  fail(error: unknown): void {
    this.#tell({ kind: "failed", error });
  }

  #tell(result: Issued | Failed): void {
    this.#options.tallies.count(this.#known.campaign.no, result);
    this.#done(result);
  }

  get #partitionNo(): number {
    return partitionFor(this.#known.campaign, this.#options.partitions, this.take.who.userHash);
  }

  #doneLater(result: Promise<Issued>): void {
    result.then(
      (issued) => this.#tell(issued),
      (error) => this.fail(error),
    );
  }

  #askAgain(outcome: Undecided): void {
    this.#giveUpMs ??= performance.now() + dryMs;
    this.#putRight(outcome).then(
      (ready) => {
        if (!ready) this.#tell({ kind: "not-found" });
        else if (performance.now() <= this.#giveUpMs!) this.ask();
        else this.fail(new StoreUnavailable("no serials could be had in time"));
      },
      (error) => this.fail(error),
    );
  }

  /** False: the campaign is gone. */
  async #putRight(outcome: Undecided): Promise<boolean> {
    const { campaigns } = this.#options;
    switch (outcome.kind) {
      case "dry":
        await this.#fill(outcome.pool);
        return true;
      case "other-day":
        this.#compile(this.#known, campaigns.day(this.#known, outcome.nowMs));
        return true;
      case "stale": {
        const fresh = await campaigns.refreshed(this.#known);
        if (!fresh) return false;
        this.#compile(
          fresh,
          this.#isLate ? this.day : (this.#request.day ?? campaigns.day(fresh, Date.now())),
        );
        return true;
      }
    }
  }

  #compile(known: KnownCampaign, day: Day | undefined): void {
    const take = compileTake(this.#options.secrets, known, this.#request, day);
    const { plan } = known;
    this.#known = known;
    this.day = day;
    // By a plan that is closed the store gives nothing but what a request was given before.
    this.plan = this.#isLate ? { ...plan, closed: "ENDED" } : plan;
    this.take = this.#isLate ? { ...take, keys: plan.rules.map(() => undefined) } : take;
  }

  async #fill(place: number): Promise<void> {
    const { campaign, plan } = this.#known;
    const pool = plan.pools[place]!;
    await this.#options.fill(campaign, {
      campaignNo: campaign.no,
      prizeNo: pool.prizeNo,
      day: pool.daily ? this.day!.date : "",
      partitionNo: this.#partitionNo,
    });
  }

  /** Repeats outlive the campaign: when the store has forgotten it, the ledger answers them. */
  async #ended(): Promise<Issued> {
    const { campaigns } = this.#options;
    const known = this.#known;
    const old = performance.now() - known.readMs > endedReadMs;
    const current = old && !known.campaign.retired ? await campaigns.refreshed(known) : known;
    if (!current) return { kind: "not-found" };
    this.#known = current;
    const before = current.campaign.retired
      ? await entryOfEnded(this.#options, current, this.take)
      : undefined;
    const reason = this.#isLate ? "ROUND_SEALED" : "ENDED";
    if (before === undefined) return { kind: "refusal", reason, retryMs: undefined };
    if (before.kind === "reused") return before;
    const { serial, code, number, issueMs } = before;
    if (serial === undefined) return { kind: "entry", number, issueMs, replayed: true };
    const prize = prizeOf(current.campaign, serial) ?? (await this.#prizeReservedSince(serial));
    return { kind: "coupon", code, prizeId: prize.id, number, issueMs, replayed: true };
  }

  /** An unlimited prize reserves more serials as it goes, one whose coupon is returned one more: without a new revision. */
  async #prizeReservedSince(serial: number): Promise<Prize> {
    let known = this.#known;
    for (;;) {
      // What others asked for meanwhile may have been read before the serial was reserved.
      known = (await this.#options.campaigns.refreshed(known))!;
      const prize = prizeOf(known.campaign, serial);
      if (prize) return prize;
    }
  }

  /** When asking again can bring another answer. */
  #retryMs({ reason, today }: Refused): number | undefined {
    const { campaign } = this.#known;
    if (reason === "NOT_STARTED") return campaign.startMs;
    // What a day that was named refuses another day does not give.
    if (this.#request.day) return undefined;
    return today && this.day && this.day.endMs < campaign.endMs ? this.day.endMs : undefined;
  }
}

function notStarted({ campaign }: KnownCampaign, day: Day): Issued {
  return { kind: "refusal", reason: "NOT_STARTED", retryMs: Math.max(day.startMs, campaign.startMs) };
}
