import type { EventLedger } from "../events.ts";
import type { Database } from "./database.ts";
import {
  addEndpoint,
  changeEndpoint,
  endpoints,
  leaseEndpoint,
  noteDelivery,
  releaseEndpoint,
  removeEndpoint,
} from "./event-endpoints.ts";
import { eventEnd, eventHeads, eventPositions } from "./event-positions.ts";
import { entriesOfSerials, entriesUpTo, facts, userIds } from "./event-reading.ts";
import { pruneEvents, tellOverdue } from "./event-telling.ts";

/** What leaves by webhooks, over either database. */
export function sqlEvents(db: Database): EventLedger {
  const { kysely } = db;
  return {
    addEndpoint: (endpoint) => addEndpoint(db, endpoint),
    endpoints: () => endpoints(kysely),
    changeEndpoint: (id, change) => changeEndpoint(db, id, change),
    removeEndpoint: (id) => removeEndpoint(db, id),
    leaseEndpoint: (no, owner, ttlMs) => leaseEndpoint(db, no, owner, ttlMs),
    releaseEndpoint: (no, owner) => releaseEndpoint(kysely, no, owner),
    noteDelivery: (no, owner, positions, health) => noteDelivery(db, no, owner, positions, health),
    eventHeads: () => eventHeads(kysely),
    eventPositions: (endpointNo) => eventPositions(kysely, endpointNo),
    eventEnd: (campaignNo) => eventEnd(db, campaignNo),
    entriesUpTo: (campaignNo, partitionNo, after, upTo, limit) =>
      entriesUpTo(kysely, campaignNo, partitionNo, after, upTo, limit),
    facts: (campaignNo, seq, upTo, limit) => facts(kysely, campaignNo, seq, upTo, limit),
    entriesOfSerials: (spaceNo, serials) => entriesOfSerials(kysely, spaceNo, serials),
    userIds: (hashes) => userIds(kysely, hashes),
    tellOverdue: (nowMs) => tellOverdue(db, nowMs),
    pruneEvents: (beforeMs) => pruneEvents(db, beforeMs),
  };
}
