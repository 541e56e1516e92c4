import type { KnownCampaign } from "../issuing/known-campaigns.ts";
import { countedAddress } from "../server/caller.ts";

/** Told of a field, and what is wrong with its value. */
export type Report = (field: string, problem: string) => void;

/** What every request says that takes something for a user. */
export interface TakingRequest {
  campaignId: string;
  userId: string;
  requestId: string;
  address: string;
  /** Where the mechanic lets choose. */
  prizeId?: string;
}

const idBytesMax = 128;
/** UTF-8 bytes of a UTF-16 unit, at most. */
const unitBytes = 3;

/** What can be said without knowing the campaign. */
export function checkFields(request: TakingRequest, report: Report): void {
  const { campaignId, userId, requestId, address } = request;
  if (campaignId === "") report("campaign_id", "It is required.");
  if (userId === "" && requestId === "") report("user_id", "A user_id or a request_id is required.");
  checkId("user_id", userId, report);
  checkId("request_id", requestId, report);
  if (address !== "" && countedAddress(address) === undefined) {
    report("address", "It must be an IPv4 or IPv6 address.");
  }
}

/** What the campaign asks of a request. */
export function checkAgainst(
  { campaign, places }: KnownCampaign,
  { userId, prizeId = "" }: TakingRequest,
  report: Report,
): void {
  const { perUser, perUserPerDay } = campaign.limits;
  if (userId === "" && (perUser > 0 || perUserPerDay > 0)) {
    report("user_id", "It is required, because the campaign has a limit per user.");
  }
  if (prizeId !== "" && !places.has(prizeId)) {
    const ids = [...places.keys()].slice(0, 10).join(", ");
    report("prize_id", `The campaign has no such prize. It has: ${ids}.`);
  }
}

function checkId(field: string, id: string, report: Report): void {
  if (id.length * unitBytes <= idBytesMax) return;
  const bytes = Buffer.byteLength(id);
  if (bytes > idBytesMax) report(field, `It must be at most ${idBytesMax} bytes of UTF-8, not ${bytes}.`);
}
