import type { CodeFormat } from "../codes/format.ts";
import type { Campaign as CampaignMessage, Limits as LimitsMessage } from "../gen/allot/v1/campaign_pb.js";
import type { CouponExpiry, DrawSecret, Limits, Mechanic } from "./campaign.ts";
import { couponExpiryOf } from "./coupon-expiry.ts";
import { isTimeZone } from "./day.ts";
import { formatOf } from "./draft-format.ts";
import { mechanicOf } from "./draft-mechanic.ts";
import { effectiveLimits, traitsOf } from "./mechanics.ts";
import type { PrizeDraft } from "./prize-draft.ts";
import { prizesOf } from "./prizes.ts";
import { type Checked, checked, type Problem } from "./problem.ts";
import { idProblem, nameProblem } from "./text.ts";
import { msNotAfter, msNotBefore, timeProblem } from "./time.ts";

/** What a caller wants created, checked. Prizes are numbered by position. */
export interface CampaignDraft {
  id: string;
  name: string;
  startMs: number;
  endMs: number;
  timeZone: string;
  mechanic: Mechanic;
  prizes: PrizeDraft[];
  limits: Limits;
  format: CodeFormat;
  allowGuessable: boolean;
  partitions: number;
  requireRegistration: boolean;
  couponExpiry: CouponExpiry | undefined;
  /** For a format nobody used before: its fresh key, wrapped. */
  wrappedKey: Uint8Array;
  /** Where something is drawn. */
  drawSecret: DrawSecret | undefined;
  nowMs: number;
}

/** What the service adds to a draft, and what bounds it. */
export interface DraftContext {
  nowMs: number;
  /** For a campaign that brings no id. */
  freshId: string;
  /** For a format that nobody used before. */
  wrappedKey: Uint8Array;
  /** For a campaign with draws. */
  drawSecret: DrawSecret;
  /** Of the service. */
  partitions: number;
}

const NOTHING: Checked<never> = { problems: [{ field: "campaign", problem: "It is required." }] };

/** A campaign to be created, as asked for in CreateCampaign. What only the server sets is left out of account. */
export function draftOf(message: CampaignMessage | undefined, context: DraftContext): Checked<CampaignDraft> {
  if (message === undefined) return NOTHING;
  const problems: Problem[] = [];
  const add = (field: string, problem: string | undefined) => {
    if (problem !== undefined) problems.push({ field: `campaign.${field}`, problem });
  };

  const id = message.id || context.freshId;
  add("id", idProblem(id));
  add("name", nameProblem(message.name));

  const { startTime, endTime } = message;
  const ofStart = startTime && timeProblem(startTime);
  add("start_time", ofStart);
  const ofEnd = endTime ? timeProblem(endTime) : "It is required.";
  add("end_time", ofEnd);
  const startMs = startTime && !ofStart ? msNotBefore(startTime) : context.nowMs;
  const endMs = endTime && !ofEnd ? msNotAfter(endTime) : Number.NaN;
  if (endMs <= context.nowMs) add("end_time", "It must be in the future.");
  else if (!ofStart && endMs <= startMs) add("end_time", "It must be after start_time.");
  const timeZone = message.timeZone || "UTC";
  if (!isTimeZone(timeZone))
    add("time_zone", 'It must be the name of an IANA time zone, such as "Asia/Seoul".');

  const mechanic = mechanicOf(message, problems);
  const prizes = prizesOf(message.prizes, mechanic, problems);
  const limits = effectiveLimits(mechanic, limitsOf(message.limits), problems);
  const couponExpiry = couponExpiryOf(message, problems);
  const partitions = message.partitions || 1;
  if (partitions > context.partitions) {
    add("partitions", `This service has ${context.partitions}, not ${partitions}.`);
  }
  if (limits.perAddress > 0 && partitions !== 1) {
    add("limits.per_address", `A limit per address needs partitions = 1, not ${partitions}.`);
  }

  const format = formatOf(message, mechanic, prizes, problems);
  const allowGuessable = message.codeFormat?.allowGuessable ?? false;

  const draft = {
    id,
    name: message.name,
    startMs,
    endMs,
    timeZone,
    mechanic,
    prizes,
    limits,
    format,
    allowGuessable,
    partitions,
    requireRegistration: message.requireRegistration,
    couponExpiry,
    wrappedKey: context.wrappedKey,
    drawSecret: traitsOf(mechanic).isDrawn ? context.drawSecret : undefined,
    nowMs: context.nowMs,
  };
  return checked(draft, problems);
}

export function limitsOf(message: LimitsMessage | undefined): Limits {
  return {
    perUser: message?.perUser ?? 0,
    perUserPerDay: message?.perUserPerDay ?? 0,
    perAddress: message?.perAddress ?? 0,
  };
}
