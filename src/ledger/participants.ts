import type { Mutation } from "./mutation.ts";

/** Who registered and who is banned. Users are named by `Secrets.userHashKey` over their id, 16 bytes; phone numbers come sealed. */
export interface Participants {
  /** Registers a user, or gives a registered one another phone number; a ban from before goes on. */
  register(registration: Registration, mutation: Mutation | undefined): Promise<Registered>;
  /** Also one who is banned and never registered, or was erased. */
  participant(by: { userHash: Buffer } | { phoneHash: Buffer }): Promise<Participant | undefined>;
  /** In the order of registration; those who never did by when they were banned. All, or only the banned ones, above `afterNo`. */
  participants(banned: boolean, afterNo: number, limit: number): Promise<Participant[]>;
  /** Of these users the registered ones. */
  registered(userHashes: Buffer[]): Promise<Buffer[]>;

  /** Bans a user, registered or not, or lifts the ban. What is so already keeps its time; a ban's reason is the latest one. */
  setBan(change: BanChange, mutation: Mutation | undefined): Promise<BanSet>;
  /** Undefined: the user has never been banned, or that is settled and past. */
  ban(userHash: Buffer): Promise<Ban | undefined>;
  /**
   * Bans and lifted bans that the store may not know of; those of before `settledMs` count until they were pushed after that time too:
   * by then nobody who died over an older one still has a word of it on the way.
   */
  unpushedBans(settledMs: number, limit: number): Promise<Buffer[]>;
  /** Every partition has been told of this revision; false: the user has another one by now. */
  banPushed(userHash: Buffer, revision: number, settledMs: number): Promise<boolean>;

  /** Removes what names the user from every table, in parts, and at last from here; a ban goes on. What was recorded still counts. */
  erase(erasure: Erasure, mutation: Mutation | undefined): Promise<"erased" | "repeated">;
}

export interface Participant {
  /** Unique, and in the order of registration. */
  no: number;
  userHash: Buffer;
  /** Empty of one who was erased and is still banned. */
  userId: string;
  /** Sealed; undefined of one who is not registered. */
  phone: Buffer | undefined;
  /** Undefined: not registered. */
  registerMs: number | undefined;
  banned: boolean;
  banMs: number | undefined;
  banReason: string;
}

export interface Ban {
  banned: boolean;
  /** Goes up by one with every ban and its lifting: odd where banned. */
  revision: number;
  /** Every partition of the store was told of it. */
  pushed: boolean;
}

export interface Registration {
  userHash: Buffer;
  userId: string;
  /** Sealed. */
  phone: Buffer;
  phoneHash: Buffer;
  nowMs: number;
}

export type Registered =
  | { kind: "registered"; participant: Participant }
  /** The phone number is another user's. */
  | { kind: "phone-taken" }
  | { kind: "repeated" };

export interface BanChange {
  userHash: Buffer;
  userId: string;
  banned: boolean;
  /** Empty where a ban is lifted. */
  reason: string;
  nowMs: number;
}

export type BanSet =
  /** Undefined: there is no such participant, and none is banned. */
  { kind: "set"; participant: Participant | undefined } | { kind: "repeated" };

export interface Erasure {
  userHash: Buffer;
  nowMs: number;
}
