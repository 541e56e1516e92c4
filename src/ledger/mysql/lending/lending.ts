import type { Lending } from "../../lending.ts";
import type { Database } from "../../sql/database.ts";
import { settleQuota } from "../../sql/prizes.ts";
import { beginArming, closeBlocks, endArming, extendArming } from "./arming.ts";
import { blocksAfter, pastPools, unspentPools } from "./blocks.ts";
import { issuedIn, overLent, pushed, unpushed } from "./campaigns.ts";
import { lend } from "./lend.ts";
import { lease, partition, release, setUpPartitions } from "./partitions.ts";
import { record } from "./record.ts";
import { entriesOf } from "./restore.ts";

export function mysqlLending(db: Database): Lending {
  const { kysely } = db;
  return {
    setUpPartitions: (count) => setUpPartitions(db, count),
    partition: (no) => partition(kysely, no),
    lend: (pool, number, wanted, dry) => lend(db, pool, number, wanted, dry),
    blocksAfter: (pool, number) => blocksAfter(kysely, pool, number),
    poolsOf: (campaignNo, prizeNo) => unspentPools(kysely, { campaignNo, prizeNo }),
    settleQuota: (campaignNo, prizeNo) => db.write((tx) => settleQuota(tx, { campaignNo, prizeNo })),
    record: (partitionNo, batch) => record(db, partitionNo, batch),
    lease: (no, owner, ttlMs) => lease(kysely, no, owner, ttlMs),
    release: (no, owner) => release(kysely, no, owner),
    beginArming: (no, epoch, owner, ttlMs) => beginArming(kysely, no, epoch, owner, ttlMs),
    extendArming: (no, epoch, owner, ttlMs) => extendArming(kysely, no, epoch, owner, ttlMs),
    closeBlocks: (no, epoch, proven) => closeBlocks(db, no, epoch, proven),
    endArming: (no, epoch, owner, durable) => endArming(kysely, no, epoch, owner, durable),
    entries: (no, campaignNos, after, limit) => entriesOf(kysely, no, campaignNos, after, limit),
    issuedIn: (no) => issuedIn(kysely, no),
    overLent: (campaignNo) => overLent(kysely, campaignNo),
    unpushed: (limit) => unpushed(kysely, limit),
    pushed: (campaignNo, revision) => pushed(kysely, campaignNo, revision),
    pastPools: (campaignNo, date) => pastPools(kysely, campaignNo, date),
  };
}
