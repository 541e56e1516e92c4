import { randomBytes } from "node:crypto";
import type { Ledger } from "../ledger/ledger.ts";
import { MasterKeys } from "./master-keys.ts";
import type { Purpose } from "./purpose.ts";

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
  /** Encrypts user ids in the outbox. */
  readonly outboxKey: Buffer;
  wrap(purpose: Purpose, key: Uint8Array): Buffer;
  /** Throws where it was wrapped under another master key or for another purpose. */
  unwrap(purpose: Purpose, wrapped: Uint8Array): Buffer;
  /** Finds out anew which master key wraps, while one takes another's place. */
  settle(): Promise<void>;
}

/**
 * The keys of this ledger, made on the first call; whoever stores one first wins, so that all servers use the same ones. Throws
 * WrongMasterKey before anything is read or stored where the ledger was set up with another master key. `oldMasterKey`: the one before, while the
 * other takes its place.
 */
export async function openSecrets(
  ledger: Pick<Ledger, "secret">,
  masterKey: Uint8Array,
  oldMasterKey?: Uint8Array,
): Promise<Secrets> {
  const keys = new MasterKeys(masterKey, oldMasterKey);
  await keys.settle(ledger);
  const wrap = (purpose: Purpose, key: Uint8Array) => keys.wrap(purpose, key);
  const unwrap = (purpose: Purpose, wrapped: Uint8Array) => keys.unwrap(purpose, wrapped);
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
    outboxKey: await own("outbox"),
    wrap,
    unwrap,
    settle: () => keys.settle(ledger),
  };
}
