import type { Campaign } from "../campaign/campaign.ts";
import type { Mutation } from "./mutation.ts";

/**
 * Codes of pools. A code is a serial: made ahead, many of them are one row (a batch); brought along, each has a row with its text. Either way
 * they are one prize's, no 0, whose quota is how many there are.
 */
export interface CodePools {
  /** Reserves serials for `count` codes that makeCodes then makes, and records that as the mutation's subject (see batchOf). */
  beginCodes(campaignId: string, count: number, nowMs: number, mutation: Mutation): Promise<CodesBegun>;
  /** Makes up to `max` more codes of a batch, which can be assigned from then on: a revision of the campaign. */
  makeCodes(batch: CodeBatch, max: number, nowMs: number): Promise<CodesMade>;

  /** Keeps a part of an upload until the rest is there; nobody sees it. A part that is there already is replaced. */
  stageCodes(chunk: CodeChunk): Promise<CodesStaged>;
  /** Adds all the codes of an upload to its pool, or none: a revision of the campaign. May be repeated. */
  importCodes(upload: CodeUpload): Promise<CodesImported>;
  /** Removes up to so many rows of uploads to which nothing has been added since; more may be left. */
  dropUploads(sinceMs: number, limit: number): Promise<void>;
  /** What imported serials stand for, of up to `size` from `first`; they need not be one campaign's. */
  importedCodes(first: number, size: number): Promise<Map<number, string>>;
  /** Where an imported code is. */
  importedCode(code: string): Promise<CodeKey | undefined>;

  /** The pool whose code this is. */
  poolOf(code: CodeKey): Promise<number | undefined>;
  /** Codes of a pool with what became of them, in the order of their serials; what is no code of it is left out. */
  poolCodesBySerial(campaignNo: number, serials: number[]): Promise<PoolCode[]>;
  /**
   * Codes of a pool in one of some states (none: in any), in the order in which they were made, after a serial. It may be fewer than `limit`
   * where a state is rare; `next`: go on after this serial, undefined: that was all.
   */
  poolCodes(
    campaignNo: number,
    states: PoolCodeState[],
    after: number | undefined,
    limit: number,
  ): Promise<{ codes: PoolCode[]; next: number | undefined }>;

  /**
   * Takes a free code out of its pool for good. Where its serial is lent, that happens when it comes back ("lent": recall it, and ask
   * again without the mutation).
   */
  deleteCode(code: CodeKey, nowMs: number, mutation: Mutation | undefined): Promise<CodeDeleted>;
}

/** A code by its serial. */
export interface CodeKey {
  spaceNo: number;
  serial: number;
}

/** By its first serial. */
export interface CodeBatch {
  spaceNo: number;
  first: number;
}

export type CodesBegun =
  | { kind: "begun"; batch: CodeBatch }
  | { kind: "not-found" }
  /** The space has room for `room` serials more. */
  | { kind: "no-room"; room: number }
  /** The pool can have so many more. */
  | { kind: "too-many"; left: number }
  | { kind: "repeated" };

export interface CodesMade {
  /** Of the batch's `size`. */
  made: number;
  size: number;
  campaign: Campaign;
}

export interface CodeChunk {
  campaignNo: number;
  uploadId: string;
  chunk: number;
  codes: string[];
  /** The pool takes no more codes: only the repeat of what was imported is answered. */
  closed: boolean;
  nowMs: number;
}

export type CodesStaged =
  /** How many parts have arrived. */
  | { kind: "staged"; chunks: number }
  /** The upload has been imported, and had this part. */
  | { kind: "imported"; chunks: number }
  /** The upload has been imported, and this was no part of it. */
  | { kind: "reused" }
  | { kind: "closed" };

export interface CodeUpload {
  campaignNo: number;
  uploadId: string;
  /** How many parts it has, numbered from 0. */
  chunks: number;
  nowMs: number;
}

export type CodesImported =
  | { kind: "imported"; imported: number; campaign: Campaign }
  /** The first hundred, by line. */
  | { kind: "duplicates"; duplicates: DuplicateLine[] }
  /** A part has not arrived. */
  | { kind: "missing"; chunk: number }
  /** There is a part beyond the last one. */
  | { kind: "beyond"; chunk: number }
  | { kind: "too-many"; left: number }
  | { kind: "not-found" };

/** Lines count from 1. */
export interface DuplicateLine {
  line: number;
  code: string;
  /** The line that has it too; 0: it is in a pool already, or a format in use could produce it. */
  firstLine: number;
}

export type PoolCodeState = "free" | "assigned" | "redeemed" | "deleted";

export interface PoolCode {
  serial: number;
  createMs: number;
  /** In doubt: a store lost data by which it may have been assigned. */
  state: PoolCodeState | "in-doubt";
  /** Empty where it is free, for an erased user, and where a request named none. */
  userId: string;
  assignMs: number | undefined;
  redeemMs: number | undefined;
  /** Deleted or revoked. */
  deleteMs: number | undefined;
}

export type CodeDeleted =
  | { kind: "deleted" }
  /** Somebody has it, or may have it. */
  | { kind: "assigned" }
  /** Its serial is lent, and marked: it will be deleted when it comes back unspent. */
  | { kind: "lent"; campaign: Campaign }
  | { kind: "not-found" }
  | { kind: "repeated" };

/** Quotas are told as 32-bit numbers. */
export const codesMax = 4_294_967_295;

export const batchSubject = ({ spaceNo, first }: CodeBatch) => `${spaceNo} ${first}`;

export function batchOf(subject: string): CodeBatch {
  const [spaceNo, first] = subject.split(" ").map(Number);
  return { spaceNo: spaceNo!, first: first! };
}
