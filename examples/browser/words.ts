import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Reason, type Refusal } from "../../src/gen/allot/v1/refusal_pb.js";

/** Those that a coupon can be refused for. */
const refusals: Partial<Record<Reason, string>> & Record<Reason.UNSPECIFIED, string> = {
  [Reason.UNSPECIFIED]: "Not this time.",
  [Reason.NOT_STARTED]: "It has not started yet.",
  [Reason.ENDED]: "It is over.",
  [Reason.PAUSED]: "It is paused. Look in again later.",
  [Reason.SOLD_OUT]: "All gone: every coupon has found somebody.",
  [Reason.DAILY_QUOTA_REACHED]: "Today's coupons are all gone.",
  [Reason.USER_LIMIT_REACHED]: "You have had as many as one person may have.",
  [Reason.ADDRESS_LIMIT_REACHED]: "Your network has had as many as it may have.",
  [Reason.BANNED]: "You may not take part.",
  [Reason.REGISTRATION_REQUIRED]: "Register first.",
};

/** A "no" by the rules, in words: what, and when to ask again where that is known. */
export function wordsFor({ reason, retryTime }: Refusal): { note: string; detail: string } {
  const note = refusals[reason] ?? refusals[Reason.UNSPECIFIED];
  return { note, detail: retryTime ? `Ask again ${showTime(retryTime)}.` : "" };
}

/** What went wrong, and what the visitor can do about it. */
export function wordsForError(error: unknown): { note: string; detail: string } {
  const { code, rawMessage } = ConnectError.from(error);
  switch (code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return { note: "It is busy.", detail: "Ask again: if a coupon was given to you, you get that one." };
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
  return `on ${timestampDate(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
}
