import { type Campaign, type Limits, stockOf } from "./campaign.ts";
import { traitsOf } from "./mechanics.ts";
import type { TakeReason } from "./reason.ts";

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
  /** The rule whose count numbers a user's entries, from 1; undefined: they have no numbers. */
  numberedBy: number | undefined;
  /** In order of preference. */
  pools: Pool[];
  /** Where a pool is exhausted, an entry without a serial is recorded instead of a refusal. */
  givesNothing: boolean;
  /** Serials stand for codes. */
  hasCodes: boolean;
  /** A rule or a pool depends on the day: takes carry its bounds. */
  daily: boolean;
}

/** A bounded counter for each key; the key's 16 bytes travel with the take. */
export interface Rule {
  name: "user" | "user-day" | "address";
  limit: number;
  daily: boolean;
  /** The counter remembers the last entry, so that with limit 1 a repeat gets the same one. */
  remembers: boolean;
  reason: TakeReason;
}

/** Serials of one prize; a daily pool is a new one each day. */
export interface Pool {
  prizeNo: number;
  daily: boolean;
}

/** Compiles a campaign: its limits as counters, what it gives out as pools. */
export function planOf(campaign: Campaign): Plan {
  const { isNumbered, givesNothing, hasCodes } = traitsOf(campaign.mechanic);
  const rules = rulesOf(campaign.limits, isNumbered);
  const numberedBy = rules.findIndex((rule) => isNumbered && rule.name === "user-day");
  const pools = stockOf(campaign).map((prize) => ({
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
    numberedBy: numberedBy < 0 ? undefined : numberedBy,
    pools,
    givesNothing,
    hasCodes,
    daily: rules.some((rule) => rule.daily) || pools.some((pool) => pool.daily),
  };
}

function rulesOf({ perUser, perUserPerDay, perAddress }: Limits, isNumbered: boolean): Rule[] {
  const rules: Rule[] = [];
  if (perUser > 0) {
    rules.push({
      name: "user",
      limit: perUser,
      daily: false,
      remembers: true,
      reason: "USER_LIMIT_REACHED",
    });
  }
  if (perUserPerDay > 0) {
    rules.push({
      name: "user-day",
      limit: perUserPerDay,
      daily: true,
      remembers: isNumbered,
      reason: "USER_LIMIT_REACHED",
    });
  }
  if (perAddress > 0) {
    rules.push({
      name: "address",
      limit: perAddress,
      daily: false,
      remembers: false,
      reason: "ADDRESS_LIMIT_REACHED",
    });
  }
  return rules;
}

/** What a take may ask for: any pool, the first with stock … */
export const anyPool = 0;
/** … or nothing from stock, only an entry … */
export const nothing = 255;
/** … or a pool, by its place. */
export const poolAt = (place: number) => place + 1;

/** How many choices a take of this plan brings along: one for each number that it may get. */
export const choicesOf = ({ numberedBy, rules }: Plan): number =>
  numberedBy === undefined ? 1 : rules[numberedBy]!.limit;

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
