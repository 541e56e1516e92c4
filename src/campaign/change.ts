import { room } from "../codes/format.ts";
import type { UpdateCampaignRequest } from "../gen/allot/v1/campaign_pb.js";
import { type Campaign, type CouponExpiry, type Limits, stateAt } from "./campaign.ts";
import { couponExpiryOf } from "./coupon-expiry.ts";
import { isTimeZone } from "./day.ts";
import { limitsOf } from "./draft.ts";
import { effectiveLimits } from "./mechanics.ts";
import type { PrizeDraft } from "./prize-draft.ts";
import { addProblemsWithExisting, codesNeeded, prizesOf } from "./prizes.ts";
import { type Checked, checked, type Problem } from "./problem.ts";
import { idProblem, nameProblem } from "./text.ts";
import { msNotAfter, msNotBefore, timeProblem } from "./time.ts";

/** Fields left out stay as they are. */
export interface CampaignChange {
  name?: string;
  startMs?: number;
  endMs?: number;
  timeZone?: string;
  limits?: Limits;
  requireRegistration?: boolean;
  /** Null: coupons don't expire any more. */
  couponExpiry?: CouponExpiry | null;
  /** The whole list: those that are there, in their order, then new ones. */
  prizes?: PrizeDraft[];
  paused?: boolean;
  endedMs?: number;
  retired?: boolean;
  /** The draw secret may be shown. */
  revealed?: boolean;
  deletedMs?: number;
  nowMs: number;
}

const CHANGEABLE = [
  "name",
  "start_time",
  "end_time",
  "time_zone",
  "prizes",
  "limits",
  "require_registration",
  "coupon_expire_time",
  "coupon_lifetime",
];
const MECHANICS = ["first_come", "instant_win", "raffle", "lottery", "code_pool"];
const FIXED = ["id", ...MECHANICS, "mechanic", "code_format", "partitions"];
const OF_THE_SERVER = [
  "state",
  "revision",
  "stats",
  "create_time",
  "update_time",
  "secret_commitment",
  "revealed_secret",
];

/**
 * The change that UpdateCampaign asks for. Without `current` only what the request says by itself is checked, for telling a bad
 * request from one about a campaign that is gone or has moved on.
 */
export function changeOf(
  request: UpdateCampaignRequest,
  current: Campaign | undefined,
  nowMs: number,
): Checked<CampaignChange> {
  const problems: Problem[] = [];
  const add = (field: string, problem: string | undefined) => {
    if (problem !== undefined) problems.push({ field, problem });
  };
  const change: CampaignChange = { nowMs };

  const paths = request.updateMask?.paths ?? [];
  if (paths.length === 0) add("update_mask", `It must name what to change: ${CHANGEABLE.join(", ")}.`);
  for (const [at, path] of paths.entries()) add(`update_mask.paths[${at}]`, pathProblem(path));
  if (request.revision === 0) add("revision", "It is required: the revision of the campaign you have seen.");

  const message = request.campaign;
  if (message === undefined) {
    add("campaign", "It is required.");
    return checked(change, problems);
  }
  add("campaign.id", idProblem(message.id));
  if (current && stateAt(current, nowMs) === "ended") {
    add("campaign", "It has ended: nothing can be changed any more.");
    return checked(change, problems);
  }
  const started = current !== undefined && nowMs >= current.startMs;

  if (paths.includes("name")) {
    add("campaign.name", nameProblem(message.name));
    change.name = message.name;
  }
  if (paths.includes("time_zone")) {
    change.timeZone = message.timeZone || "UTC";
    if (!isTimeZone(change.timeZone)) {
      add("campaign.time_zone", 'It must be the name of an IANA time zone, such as "Asia/Seoul".');
    } else if (started && change.timeZone !== current.timeZone) {
      add("campaign.time_zone", `It is fixed since the campaign started: ${current.timeZone}.`);
    }
  }
  if (paths.includes("start_time")) {
    const problem = message.startTime ? timeProblem(message.startTime) : "It is required by update_mask.";
    add("campaign.start_time", problem);
    if (message.startTime && !problem) {
      change.startMs = msNotBefore(message.startTime);
      if (started && change.startMs !== current.startMs) {
        add("campaign.start_time", "It is fixed since the campaign started.");
      }
    }
  }
  if (paths.includes("end_time")) {
    const problem = message.endTime ? timeProblem(message.endTime) : "It is required by update_mask.";
    add("campaign.end_time", problem);
    if (message.endTime && !problem) {
      change.endMs = msNotAfter(message.endTime);
      if (change.endMs <= nowMs) add("campaign.end_time", "It has passed: to end it now, call EndCampaign.");
    }
  }
  const startMs = change.startMs ?? current?.startMs;
  const endMs = change.endMs ?? current?.endMs;
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    if (change.endMs === undefined) add("campaign.start_time", "It must be before end_time.");
    else if (change.endMs > nowMs) add("campaign.end_time", "It must be after start_time.");
  }

  if (paths.includes("limits")) {
    const limits = limitsOf(message.limits);
    change.limits = current ? effectiveLimits(current.mechanic, limits, problems) : limits;
    if (current && current.partitions !== 1 && change.limits.perAddress > 0) {
      const spread = `this campaign is spread over ${current.partitions}`;
      add("campaign.limits.per_address", `A limit per address needs one partition, and ${spread}.`);
    }
  }
  if (paths.includes("require_registration")) change.requireRegistration = message.requireRegistration;
  if (paths.includes("coupon_expire_time") || paths.includes("coupon_lifetime")) {
    change.couponExpiry = couponExpiryOf(message, problems) ?? null;
  }
  if (paths.includes("prizes")) {
    change.prizes = prizesOf(message.prizes, current?.mechanic, problems);
    if (current?.mechanic.kind === "code-pool") {
      change.prizes = change.prizes.map((prize, at) => ({ ...prize, quota: current.prizes[at]?.quota }));
    }
    if (current) {
      addProblemsWithExisting(change.prizes, current.prizes, problems);
      add("campaign.prizes", roomProblem(current, codesNeeded(change.prizes)));
    }
  }
  return checked(change, problems);
}

function pathProblem(path: string): string | undefined {
  if (CHANGEABLE.includes(path)) return undefined;
  const root = path.split(".", 1)[0]!;
  if (CHANGEABLE.includes(root)) return `"${root}" can only be changed as a whole.`;
  if (FIXED.includes(root)) return `"${root}" is fixed when a campaign is created.`;
  if (OF_THE_SERVER.includes(root)) return `"${root}" is set by the server.`;
  return `There is no such field to change; there are ${CHANGEABLE.join(", ")}.`;
}

function roomProblem(campaign: Campaign, needed: number): string | undefined {
  const available = room(campaign.space, campaign);
  if (needed <= available) return undefined;
  return `The campaign's codes leave room for ${available} codes and the prizes need ${needed}: create another campaign with longer codes.`;
}
