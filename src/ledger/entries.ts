/** Where an entry was recorded: unique, and in the order of recording within a partition. */
export interface EntryKey {
  partitionNo: number;
  epoch: number;
  n: number;
  i: number;
}

/** What the store recorded for a take. Hashes are 16 bytes, except `requestFields` with 8. */
export interface Entry extends EntryKey {
  campaignNo: number;
  /** `noPrize` where it won nothing, or nothing yet; `ticketsNo` for a raffle's ticket. */
  prizeNo: number;
  /** The campaign's revision it was handed out under. */
  revision: number;
  spaceNo: number;
  /** Undefined: nothing was taken from stock. */
  serial: number | undefined;
  /** The n-th of its user that day, from 1; 0 where entries have no numbers. */
  number: number;
  /** The prize drawn by an instant win, which may have run out; undefined: none, or nothing is drawn. */
  drawnNo: number | undefined;
  timeMs: number;
  userId: string;
  /** Of a request that names no user it is the request's, by which such entries are found. */
  userHash: Buffer;
  requestHash: Buffer | undefined;
  requestFields: Buffer | undefined;
  addressHash: Buffer | undefined;
}

/** An entry that something from stock was handed out with. */
export interface CouponRow extends Entry {
  serial: number;
}

/** Up to where each partition's entries had been recorded, by partition: all of a batch, or none. */
export type Mark = { partitionNo: number; epoch: number; n: number }[];

export interface EntryFilter {
  userHash?: Uint8Array;
  /** Only what was recorded after; of a partition that it lacks, everything. */
  fromMark?: Mark;
  /** Only what had been recorded by then; of a partition that it lacks, nothing. */
  toMark?: Mark;
  /** By the store's clock, from here on; rows are read one by one for it, which marks spare. */
  fromMs?: number;
  /** And before here. */
  toMs?: number;
  /** Only those that won something. */
  withPrize?: boolean;
}

/** Entries of every kind; coupons alone are in Ledger.coupons. */
export interface EntryLists {
  /** A campaign's, in the order of their keys, after the cursor. */
  entriesOf(
    campaignNo: number,
    filter: EntryFilter,
    after: EntryKey | undefined,
    limit: number,
  ): Promise<Entry[]>;
  /** Up to where entries are recorded now. */
  entryMark(): Promise<Mark>;
}
