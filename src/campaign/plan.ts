import type { Campaign } from "./campaign.ts";
import type { Reason } from "./reason.ts";

/**
 * What a mechanic compiles one revision of a campaign into: which counters bound a take, and which pools it draws from. Every limit
 * on taking is a bounded counter, and everything given from stock is a serial: the store knows nothing else.
 */
export interface Plan {
  campaignNo: number;
  revision: number;
  spaceNo: number;
  startMs: number;
  /** Nothing is issued from here on. */
  endMs: number;
  closed: "PAUSED" | "ENDED" | undefined;
  rules: Rule[];
  /** In order of preference. */
  pools: Pool[];
  /** A rule or a pool depends on the day: takes carry its bounds. */
  daily: boolean;
}

/** A bounded counter for each key; the key's 16 bytes travel with the take. */
export interface Rule {
  name: "user" | "user-day" | "address";
  limit: number;
  daily: boolean;
  /** The counter remembers the last serial, so that with limit 1 a repeat gets the same coupon. */
  remembers: boolean;
  reason: Reason;
}

/** Serials of one prize; a daily pool is a new one each day. */
export interface Pool {
  prizeNo: number;
  daily: boolean;
}

/** First-come: everyone in time and within the limits gets a coupon until the quota is used. */
export function planFirstCome(campaign: Campaign): Plan {
  const { limits } = campaign;
  const rules: Rule[] = [];
  if (limits.perUser > 0) {
    rules.push({
      name: "user",
      limit: limits.perUser,
      daily: false,
      remembers: true,
      reason: "USER_LIMIT_REACHED",
    });
  }
  if (limits.perUserPerDay > 0) {
    rules.push({
      name: "user-day",
      limit: limits.perUserPerDay,
      daily: true,
      remembers: false,
      reason: "USER_LIMIT_REACHED",
    });
  }
  if (limits.perAddress > 0) {
    rules.push({
      name: "address",
      limit: limits.perAddress,
      daily: false,
      remembers: false,
      reason: "ADDRESS_LIMIT_REACHED",
    });
  }
  const pools = campaign.prizes.map((prize) => ({
    prizeNo: prize.no,
    daily: prize.dailyQuota !== undefined,
  }));
  return {
    campaignNo: campaign.no,
    revision: campaign.revision,
    spaceNo: campaign.space.no,
    startMs: campaign.startMs,
    endMs: campaign.endMs,
    closed: campaign.endedMs !== undefined ? "ENDED" : campaign.paused ? "PAUSED" : undefined,
    rules,
    pools,
    daily: rules.some((rule) => rule.daily) || pools.some((pool) => pool.daily),
  };
}

/** What a take is counted by: keyed hashes, 16 bytes each. */
export interface Counted {
  /** Undefined where the request names no user. */
  userHash: Buffer | undefined;
  addressHash: Buffer | undefined;
}

/** The key under which each of the plan's rules counts a take; undefined: the rule does not apply to it. */
export function ruleKeys(plan: Plan, counted: Counted): (Buffer | undefined)[] {
  return plan.rules.map((rule) => (rule.name === "address" ? counted.addressHash : counted.userHash));
}
