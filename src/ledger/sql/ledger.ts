import type { Ledger } from "../ledger.ts";
import { changeCampaign } from "./change-campaign.ts";
import { codeSpaces } from "./code-spaces.ts";
import { createCampaign } from "./create-campaign.ts";
import type { Database } from "./database.ts";
import { coupon, couponOf, coupons } from "./entries.ts";
import { campaign, campaignByNo, campaigns } from "./find-campaigns.ts";
import { addApiKey, apiKeys, keepSecret, revokeApiKey } from "./keys.ts";
import { answerMutation, findMutation } from "./mutations.ts";
import { counts } from "./prizes.ts";

/** The ledger over either database. */
export function sqlLedger(db: Database): Ledger {
  const { kysely } = db;
  return {
    createCampaign: (draft, mutation) => createCampaign(db, draft, mutation),
    campaign: (id) => campaign(db, id),
    campaignByNo: (no) => campaignByNo(db, no),
    campaigns: (filter, beforeNo, limit) => campaigns(db, filter, beforeNo, limit),
    changeCampaign: (id, revision, change, mutation) => changeCampaign(db, id, revision, change, mutation),
    counts: (campaignNo) => counts(kysely, campaignNo),
    mutation: (method, requestId) => findMutation(kysely, method, requestId),
    answer: (method, requestId, answer) => answerMutation(kysely, method, requestId, answer),
    coupon: (spaceNo, serial) => coupon(kysely, spaceNo, serial),
    couponOf: (campaignNo, who) => couponOf(kysely, campaignNo, who),
    coupons: (filter, after, limit) => coupons(kysely, filter, after, limit),
    codeSpaces: () => codeSpaces(kysely),
    secret: (name, wrapped) => keepSecret(db, name, wrapped),
    addApiKey: (key) => addApiKey(kysely, key),
    apiKeys: () => apiKeys(kysely),
    revokeApiKey: (id, nowMs) => revokeApiKey(kysely, id, nowMs),
    ping: async () => {
      await kysely.selectFrom("setting").select("name").limit(1).execute();
    },
    close: () => db.close(),
  };
}
