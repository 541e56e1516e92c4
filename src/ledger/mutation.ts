/** `method` and `requestId` name a mutation; `digest` (32 bytes) stands for all of its request. One that is refused leaves no record. */
export interface Mutation {
  method: string;
  requestId: string;
  digest: Uint8Array;
}

export interface RecordedMutation {
  digest: Uint8Array;
  /** What it was made on, as whoever recorded it finds that again: a campaign's number, a user's hash. */
  subject: string;
  /** Undefined: done in the ledger, but its maker died before answering. */
  answer: Uint8Array | undefined;
}
