import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Ledger } from "../ledger/ledger.ts";
import { seal, unseal } from "./seal.ts";

/** The service's keys, all of 32 random bytes, which the ledger keeps wrapped by the master key. */
export interface Secrets {
  /** Names users in the store. */
  readonly userHashKey: Buffer;
  /** Names network addresses in the store. */
  readonly addressHashKey: Buffer;
  /** Names requests, and stands for their fields, in the store. */
  readonly requestHashKey: Buffer;
  /** Seals page tokens. */
  readonly pageKey: Buffer;
  /** Seals phone numbers. */
  readonly phoneKey: Buffer;
  /** Finds phone numbers without opening them. */
  readonly phoneHashKey: Buffer;
  /** Keeps the records of mutations that name a person to themselves. */
  readonly mutationKey: Buffer;
  /** Makes the codes that prove who holds which ticket. */
  readonly ticketKey: Buffer;
  /** Makes the ids of ballots. */
  readonly ballotKey: Buffer;
  wrap(purpose: Purpose, key: Uint8Array): Buffer;
  /** Throws where it was wrapped under another master key or for another purpose. */
  unwrap(purpose: Purpose, wrapped: Uint8Array): Buffer;
}

/** What a wrapped key is for; it can't be unwrapped for anything else. */
export type Purpose =
  | "code-space"
  | "draw"
  | "user-hash"
  | "address-hash"
  | "request-hash"
  | "page-token"
  | "phone"
  | "phone-hash"
  | "webhook"
  | "ticket"
  | "ballot"
  | "mutation";

export class WrongMasterKey extends Error {
  override name = "WrongMasterKey";
}

const FINGERPRINT = "master-key-fingerprint";

/**
 * The keys of this ledger, made on the first call; whoever stores one first wins, so that all servers use the same ones. Throws
 * WrongMasterKey before anything is read or stored where the ledger was set up with another master key.
 */
export async function openSecrets(ledger: Pick<Ledger, "secret">, masterKey: Uint8Array): Promise<Secrets> {
  const fingerprint = createHmac("sha256", masterKey).update("allot master key fingerprint").digest();
  const expected = await ledger.secret(FINGERPRINT, fingerprint);
  if (expected.length !== fingerprint.length || !timingSafeEqual(expected, fingerprint)) {
    throw new WrongMasterKey(
      "The master key is not the one this ledger was set up with. Start with the original ALLOT_MASTER_KEY (embedded: the file master.key in ALLOT_DATA), or with an empty ledger.",
    );
  }
  const wrap = (purpose: Purpose, key: Uint8Array) => seal(masterKey, purpose, key);
  const unwrap = (purpose: Purpose, wrapped: Uint8Array) => {
    const key = unseal(masterKey, purpose, wrapped);
    if (key === undefined)
      throw new Error(`a ${purpose} key in the ledger can't be unwrapped: it was damaged`);
    return key;
  };
  const own = async (purpose: Purpose) =>
    unwrap(purpose, await ledger.secret(`${purpose}-key`, wrap(purpose, randomBytes(32))));
  return {
    userHashKey: await own("user-hash"),
    addressHashKey: await own("address-hash"),
    requestHashKey: await own("request-hash"),
    pageKey: await own("page-token"),
    phoneKey: await own("phone"),
    phoneHashKey: await own("phone-hash"),
    mutationKey: await own("mutation"),
    ticketKey: await own("ticket"),
    ballotKey: await own("ballot"),
    wrap,
    unwrap,
  };
}
