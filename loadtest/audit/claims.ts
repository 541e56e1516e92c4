import { fate, type JournalPages } from "../record/journal.ts";
import type { ViolationKind, Violations } from "../record/violation.ts";
import type { LedgerRows } from "./ledger-rows.ts";

/** Something that a client was told about. */
export interface Claim {
  key: string;
  user: number;
  prizeId: string;
  /** What the request was about. */
  detail: number;
}

/** What the clients know, laid beside the ledger. Counts by user are indexed by the user's number. */
export interface Claims {
  /** Distinct things that were acknowledged. */
  acknowledged: number;
  acknowledgedByUser: Uint32Array;
  /** Request ids with an unknown outcome: each may be behind one thing more. */
  unknown: number;
  unknownByUser: Uint32Array;
  /** Request ids that were answered while the campaign was open: each wanted one thing. */
  wantedByUser: Uint32Array;
  /** Acknowledged, and not in the ledger. */
  lost: Claim[];
  /** Acknowledged, and in the ledger with another user or prize. */
  different: (Claim & { inLedger: string })[];
  /** Acknowledged to two users, or under two request ids where each should have had its own. */
  shared: Claim[];
  violations: Violations;
}

/** Compares every acknowledgement with the ledger. `onePerUser`: a user's requests all share one thing. */
export const compareClaims = (
  journals: JournalPages[],
  rows: LedgerRows,
  users: number,
  onePerUser: boolean,
): Claims => {
  const claims: Claims = {
    acknowledged: 0,
    acknowledgedByUser: new Uint32Array(users),
    unknown: 0,
    unknownByUser: new Uint32Array(users),
    wantedByUser: new Uint32Array(users),
    lost: [],
    different: [],
    shared: [],
    violations: mergeViolations(journals),
  };
  const nobody = 0xffff_ffff;
  const claimedBy = new Uint32Array(rows.length).fill(nobody);
  const lostBy = new Map<string, number>();

  for (const pages of journals)
    for (let request = 0; request < pages.length; request++) {
      const user = pages.users[request]!;
      claims.wantedByUser[user]! += pages.eligible[request]!;
      if (pages.fates[request] === fate.unknown) {
        claims.unknown++;
        claims.unknownByUser[user]!++;
      }
    }
  for (const claim of acknowledged(journals)) {
    const { key, user } = claim;
    const at = rows.find(key);
    const claimant = at === undefined ? (lostBy.get(key) ?? nobody) : claimedBy[at]!;
    if (claimant !== nobody) {
      if (claimant === user && onePerUser) continue;
      claims.shared.push(claim);
      claims.acknowledgedByUser[user]!++;
      continue;
    }
    claims.acknowledged++;
    claims.acknowledgedByUser[user]!++;
    if (at === undefined) {
      lostBy.set(key, user);
      claims.lost.push(claim);
      continue;
    }
    claimedBy[at] = user;
    if (rows.userAt(at) !== user || rows.prizeIdAt(at) !== claim.prizeId)
      claims.different.push({ ...claim, inLedger: `${rows.userIdAt(at)}, ${rows.prizeIdAt(at)}` });
  }
  return claims;
};

/** What each request was given, in the order in which a worker's requests began. */
export function* acknowledged(journals: JournalPages[]): Generator<Claim> {
  for (const pages of journals) {
    const keys = Buffer.from(pages.keys.buffer, pages.keys.byteOffset, pages.keys.byteLength);
    for (let request = 0; request < pages.length; request++) {
      if (pages.fates[request] !== fate.given) continue;
      const start = pages.keyStarts[request]!;
      yield {
        key: keys.toString("utf8", start, start + pages.keyLengths[request]!),
        user: pages.users[request]!,
        prizeId: pages.prizeIds[pages.prizes[request]!]!,
        detail: pages.details[request]!,
      };
    }
  }
}

const mergeViolations = (journals: JournalPages[]): Violations => {
  const merged: Violations = { counts: {}, examples: {} };
  for (const { violations } of journals)
    for (const kind of Object.keys(violations.counts) as ViolationKind[]) {
      merged.counts[kind] = (merged.counts[kind] ?? 0) + violations.counts[kind]!;
      merged.examples[kind] = [...(merged.examples[kind] ?? []), ...(violations.examples[kind] ?? [])];
    }
  return merged;
};
