import type { Day } from "../campaign/day.ts";
import { ruleKeys } from "../campaign/plan.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Take } from "../store/store.ts";
import type { KnownCampaign } from "./known-campaigns.ts";
import type { IssueRequest } from "./request.ts";

/** A request's row of values for the campaign's plan: what counts it, hashed, so that the store holds nobody's id. */
export function compileTake(
  secrets: Secrets,
  { plan, choose }: KnownCampaign,
  request: IssueRequest,
  day: Day | undefined,
): Take {
  const { userId, prizeId, requestId, address, day: named } = request;
  const key = secrets.requestHashKey;
  const requestKey = requestId === "" ? undefined : keyedHash(key, ["request", userId, requestId]);
  // A request that names no user is spread, and found again, by its id.
  const userHash = userId === "" ? requestKey! : keyedHash(secrets.userHashKey, [userId]);
  const byAddress = plan.rules.some((rule) => rule.name === "address");
  const addressHash = byAddress ? keyedHash(secrets.addressHashKey, [address]) : undefined;
  return {
    keys: ruleKeys(plan, { userHash: userId === "" ? undefined : userHash, addressHash }),
    choices: choose(prizeId, userHash, day),
    request: requestKey && {
      key: requestKey,
      fields: keyedHash(key, [
        "fields",
        prizeId,
        byAddress ? address : "",
        ...(named ? [named.date] : []),
      ]).subarray(0, 8),
    },
    who: { userId, userHash, addressHash },
  };
}
