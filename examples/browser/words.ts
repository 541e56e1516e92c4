import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Campaign, Campaign_State as State } from "../../src/gen/allot/v1/campaign_pb.js";
import { Reason, type Refusal } from "../../src/gen/allot/v1/refusal_pb.js";

/** Those that taking part can be refused for: what the refused are told, and what they are counted under. */
const refusals: Partial<Record<keyof typeof Reason, [told: string, counted: string]>> = {
  NOT_STARTED: ["It has not started yet.", "Too early"],
  ENDED: ["It is over.", "Too late"],
  PAUSED: ["It is paused. Look in again later.", "While paused"],
  SOLD_OUT: ["All gone: each has found somebody.", "All gone"],
  DAILY_QUOTA_REACHED: ["Today's are all gone.", "All gone for the day"],
  USER_LIMIT_REACHED: ["You have had as many as one person may have.", "Had their share"],
  ADDRESS_LIMIT_REACHED: ["Your network has had as many as it may have.", "Network had its share"],
  BANNED: ["You may not take part.", "Banned"],
  ROUND_SEALED: ["This round is over.", "Round over"],
  REGISTRATION_REQUIRED: ["Register first.", "Not registered"],
};

/** What a campaign is, what its button says, and what its entries are counted as. */
const mechanics = {
  firstCome: ["First come, first served.", "Get my coupon", "Coupons given"],
  instantWin: ["Everybody draws, and knows at once.", "Draw", "Prizes won"],
  raffle: ["Numbered tickets; the winners are drawn at the end.", "Claim a ticket", "Tickets claimed"],
  lottery: ["Put a ballot in; winners are drawn when the day is over.", "Submit a ballot", "Ballots"],
  codePool: ["A code each, while there are some.", "Get my code", "Codes given"],
} as const;

const states: Partial<Record<State, string>> = {
  [State.SCHEDULED]: "It has not started yet.",
  [State.PAUSED]: "It is paused.",
  [State.ENDED]: "It is over.",
};

/** How the page is connected. */
export const statuses = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  ended: "Not connected",
};

export function wordsOf({ mechanic, endTime }: Campaign, state: State) {
  const [what, button, given] = mechanics[mechanic.case ?? "firstCome"];
  const until = endTime ? `Until ${showTime(endTime)}.` : "";
  return { terms: `${what} ${states[state] ?? until}`, button, given };
}

/** How a request was answered, as WatchCampaign names it, in the words that it is counted under. */
export function countedAs(outcome: string): string {
  if (outcome === "REPLAYED") return "Asked again, same answer";
  return refusals[outcome as keyof typeof Reason]?.[1] ?? outcome;
}

/** A "no" by the rules, in words: what, and when to ask again where that is known. */
export function wordsFor({ reason, retryTime }: Refusal): { note: string; detail: string } {
  const [note] = refusals[Reason[reason] as keyof typeof Reason] ?? ["Not this time."];
  return { note, detail: retryTime ? `Ask again on ${showTime(retryTime)}.` : "" };
}

/** What went wrong, and what the visitor can do about it. */
export function wordsForError(error: unknown): { note: string; detail: string } {
  const { code, rawMessage } = ConnectError.from(error);
  switch (code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return {
        note: "It is busy.",
        detail: "Ask again: what was given to you is kept, and you get that one.",
      };
    case Code.NotFound:
      return { note: "There is no such campaign.", detail: "" };
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return {
        note: "This server wants an API key.",
        detail: "The page is for one that runs on your machine without keys.",
      };
    case Code.Unknown:
      return {
        note: "The server can't be reached.",
        detail: `Is it running, and does ALLOT_CORS_ORIGINS name ${location.origin}?`,
      };
    default:
      return { note: "That did not work.", detail: rawMessage };
  }
}

export function showTime(time: Timestamp): string {
  return timestampDate(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A day of a campaign, as in 2026-11-20. */
export function showDate(date: string): string {
  return new Date(date).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });
}
