import type { Campaign, Prize } from "../campaign/campaign.ts";
import { prizeOf } from "../campaign/campaign.ts";
import type { Day } from "../campaign/day.ts";
import { partitionFor } from "../campaign/partitions.ts";
import { ruleKeys } from "../campaign/plan.ts";
import type { Reason } from "../campaign/reason.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PoolKey } from "../ledger/lending.ts";
import type { Answer, Batcher } from "../store/batcher.ts";
import { StoreUnavailable, type Take } from "../store/store.ts";
import type { CodeBook } from "./code-book.ts";
import type { KnownCampaign, KnownCampaigns } from "./known-campaigns.ts";

/** A checked request. Empty strings are what was left out. */
export interface IssueRequest {
  userId: string;
  prizeId: string;
  requestId: string;
  /** As limits count it. */
  address: string;
}

export type Issued =
  | { kind: "coupon"; code: string; prizeId: string; issueMs: number; replayed: boolean }
  | { kind: "refusal"; reason: Reason; retryMs: number | undefined }
  | { kind: "reused" }
  | { kind: "ledger-behind" }
  | { kind: "not-found" };

export interface IssuerOptions {
  campaigns: KnownCampaigns;
  codes: CodeBook;
  batcher: Batcher;
  secrets: Secrets;
  ledger: Pick<Ledger, "couponOf">;
  partitions: number;
  /** Fills a pool that is dry. */
  fill(campaign: Campaign, place: Omit<PoolKey, "epoch">): Promise<void>;
}

/** A dry pool makes its takes wait for the refill so long. */
const dryMs = 2_000;
/** An ended campaign that was read longer ago may have left the store since. */
const endedReadMs = 5_000;

/** Gives out coupons: compiles a request into a take, and asks until the store's answer is one for the caller. */
export class Issuer {
  readonly #options: IssuerOptions;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** Throws StoreUnavailable, LedgerUnavailable or Overloaded where the caller should ask again. `prizeId` is of the campaign. */
  async issue(first: KnownCampaign, request: IssueRequest): Promise<Issued> {
    const { campaigns, batcher, partitions } = this.#options;
    const giveUpMs = performance.now() + dryMs;
    let known = first;
    let day = campaigns.day(known, Date.now());
    for (;;) {
      const { campaign, plan } = known;
      const take = this.#take(known, request);
      const partitionNo = partitionFor(campaign, partitions, take.who.userHash);
      const answer = await batcher.take(partitionNo, plan, day, take);
      switch (answer.kind) {
        case "issued":
          return this.#coupon(known, answer);
        case "refused":
          if (answer.reason === "ENDED") return this.#ended(known, take, answer);
          return { kind: "refusal", reason: answer.reason, retryMs: retryOf(campaign, day, answer) };
        case "reused":
        case "ledger-behind":
          return { kind: answer.kind };
        case "unknown":
          throw new StoreUnavailable(
            "it is not known whether a coupon was issued before the store was restarted",
          );
        case "other-day":
          day = campaigns.day(known, answer.nowMs);
          break;
        case "stale": {
          const fresh = await campaigns.refreshed(known);
          if (!fresh) return { kind: "not-found" };
          known = fresh;
          day = campaigns.day(known, Date.now());
          break;
        }
        case "dry":
          await this.#fill(known, partitionNo, answer.pool, day);
          break;
      }
      if (performance.now() > giveUpMs) throw new StoreUnavailable("no serials could be had in time");
    }
  }

  #take(known: KnownCampaign, request: IssueRequest): Take {
    const { secrets } = this.#options;
    const { userId, prizeId, requestId, address } = request;
    const key = secrets.requestHashKey;
    const requestKey = requestId === "" ? undefined : keyedHash(key, ["request", userId, requestId]);
    // A request that names no user is spread, and found again, by its id.
    const userHash = userId === "" ? requestKey! : keyedHash(secrets.userHashKey, [userId]);
    const byAddress = known.plan.rules.some((rule) => rule.name === "address");
    const addressHash = byAddress ? keyedHash(secrets.addressHashKey, [address]) : undefined;
    return {
      keys: ruleKeys(known.plan, { userHash: userId === "" ? undefined : userHash, addressHash }),
      pool: prizeId === "" ? undefined : known.places.get(prizeId),
      request: requestKey && {
        key: requestKey,
        fields: keyedHash(key, ["fields", prizeId, byAddress ? address : ""]).subarray(0, 8),
      },
      who: { userId, userHash, addressHash },
    };
  }

  async #fill(known: KnownCampaign, partitionNo: number, place: number, day: Day | undefined): Promise<void> {
    const { campaign, plan } = known;
    const pool = plan.pools[place]!;
    await this.#options.fill(campaign, {
      campaignNo: campaign.no,
      prizeNo: pool.prizeNo,
      day: pool.daily ? day!.date : "",
      partitionNo,
    });
  }

  /** Repeats outlive the campaign: when the store has forgotten it, the ledger answers them. */
  async #ended(known: KnownCampaign, take: Take, answer: Answer & { kind: "refused" }): Promise<Issued> {
    const { campaigns, ledger, codes } = this.#options;
    const old = performance.now() - known.readMs > endedReadMs;
    const current = old && !known.campaign.retired ? await campaigns.refreshed(known) : known;
    if (!current) return { kind: "not-found" };
    const { campaign, plan } = current;
    const refusal: Issued = { kind: "refusal", reason: answer.reason, retryMs: undefined };
    if (!campaign.retired) return refusal;
    const byUser = plan.rules.some((rule) => rule.remembers && rule.limit === 1);
    const row =
      (take.request &&
        (await ledger.couponOf(campaign.no, {
          requestHash: take.request.key,
          userHash: take.who.userHash,
        }))) ??
      (byUser ? await ledger.couponOf(campaign.no, { userHash: take.who.userHash }) : undefined);
    if (!row) return refusal;
    if (
      take.request &&
      row.requestHash?.equals(take.request.key) &&
      !row.requestFields?.equals(take.request.fields)
    ) {
      return { kind: "reused" };
    }
    const [code] = codes.encode(row.spaceNo, [row.serial]);
    const { serial, timeMs } = row;
    return this.#coupon(current, { kind: "issued", code: code!, serial, timeMs, replayed: true });
  }

  #coupon(known: KnownCampaign, answer: Extract<Answer, { kind: "issued" }>): Issued | Promise<Issued> {
    const { code, serial, timeMs, replayed } = answer;
    const issued = (prize: Prize): Issued => ({
      kind: "coupon",
      code,
      prizeId: prize.id,
      issueMs: timeMs,
      replayed,
    });
    const prize = prizeOf(known.campaign, serial);
    return prize ? issued(prize) : this.#prizeReservedSince(known, serial).then(issued);
  }

  /** An unlimited prize reserves more serials as it goes, without a new revision. */
  async #prizeReservedSince(known: KnownCampaign, serial: number): Promise<Prize> {
    const { campaign } = (await this.#options.campaigns.refreshed(known))!;
    return prizeOf(campaign, serial)!;
  }
}

/** When asking again can bring another answer. */
function retryOf(
  campaign: Campaign,
  day: Day | undefined,
  answer: Extract<Answer, { kind: "refused" }>,
): number | undefined {
  if (answer.reason === "NOT_STARTED") return campaign.startMs;
  if (answer.today && day && day.endMs < campaign.endMs) return day.endMs;
  return undefined;
}
