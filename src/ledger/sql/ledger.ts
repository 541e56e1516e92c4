import type { Ledger } from "../ledger.ts";
import { auditOf } from "./audit.ts";
import { banPushed, findBan, setBan, unpushedBans } from "./bans.ts";
import { changeCampaign } from "./change-campaign.ts";
import { codePoolsOf } from "./code-pools/code-pools.ts";
import { codeSpaces } from "./code-spaces.ts";
import { createCampaign } from "./create-campaign.ts";
import type { Database } from "./database.ts";
import { drawRecordsOf } from "./draw-records.ts";
import { coupon, couponOf, coupons, entriesBy } from "./entries.ts";
import { type Eraser, erase } from "./erase.ts";
import { sqlEvents } from "./event-ledger.ts";
import { campaign, campaignByNo, campaigns } from "./find-campaigns.ts";
import { addApiKey, apiKeys, keepSecret, revokeApiKey } from "./keys.ts";
import { entryMark, listEntries } from "./list-entries.ts";
import { answerMutation, findMutation } from "./mutations.ts";
import { sqlOutcomes } from "./outcomes.ts";
import { findParticipant, participants, registered } from "./participants.ts";
import { counts } from "./prizes.ts";
import { sqlRaffles } from "./raffles.ts";
import { sqlRedemptions } from "./redemption-ledger.ts";
import { register } from "./register.ts";
import { sqlRounds } from "./rounds/round-ledger.ts";
import { wrappedKeysOf } from "./wrapped-keys.ts";

/** The ledger over either database; `entryErasers`: how a user's entries are found there to be erased. */
export function sqlLedger(db: Database, entryErasers: readonly Eraser[]): Ledger {
  const { kysely } = db;
  return {
    ...auditOf(db),
    ...codePoolsOf(db),
    ...drawRecordsOf(db),
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
    entriesOf: (campaignNo, filter, after, limit) =>
      listEntries(kysely, entriesBy(kysely, { ...filter, campaignNo }), filter, after, limit),
    entryMark: () => entryMark(kysely),
    register: (registration, mutation) => register(db, registration, mutation),
    participant: (by) => findParticipant(kysely, by),
    participants: (banned, afterNo, limit) => participants(kysely, banned, afterNo, limit),
    registered: (userHashes) => registered(kysely, userHashes),
    setBan: (change, mutation) => setBan(db, change, mutation),
    ban: (userHash) => findBan(kysely, userHash),
    unpushedBans: (settledMs, limit) => unpushedBans(kysely, settledMs, limit),
    banPushed: (userHash, revision, settledMs) => banPushed(db, userHash, revision, settledMs),
    erase: (erasure, mutation) => erase(db, entryErasers, erasure, mutation),
    codeSpaces: () => codeSpaces(kysely),
    secret: (name, wrapped) => keepSecret(db, name, wrapped),
    addApiKey: (key) => addApiKey(kysely, key),
    apiKeys: () => apiKeys(kysely),
    revokeApiKey: (id, nowMs) => revokeApiKey(kysely, id, nowMs),
    ...sqlEvents(db),
    ...sqlRedemptions(db),
    ...sqlOutcomes(db),
    ...sqlRaffles(db),
    ...sqlRounds(db),
    ...wrappedKeysOf(db),
    ping: async () => {
      await kysely.selectFrom("setting").select("name").limit(1).execute();
    },
    close: () => db.close(),
  };
}
