import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PhoneBook } from "../participants/phone-book.ts";
import { type Fault, type FieldProblem, fault } from "./errors.ts";

/** What ParticipantService works with. */
export interface ParticipantServiceDeps {
  ledger: Ledger;
  phones: PhoneBook;
  secrets: Pick<Secrets, "userHashKey" | "pageKey" | "mutationKey">;
  bans: {
    /** Brings what the ledger has of this user to every partition of the store. */
    push(userHash: Buffer): Promise<void>;
  };
  /** Moves what was handed out until now into the ledger. */
  flush(): Promise<void>;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

const userIdBytesMax = 128;

export function userIdProblems(userId: string): FieldProblem[] {
  if (userId === "") return [{ field: "user_id", problem: "It is required." }];
  const bytes = Buffer.byteLength(userId);
  if (bytes <= userIdBytesMax) return [];
  return [
    { field: "user_id", problem: `It must be at most ${userIdBytesMax} bytes of UTF-8, not ${bytes}.` },
  ];
}

export function userHashOf({ secrets }: ParticipantServiceDeps, userId: string): Buffer {
  return keyedHash(secrets.userHashKey, [userId]);
}

export function participantNotFound(): Fault {
  return fault("PARTICIPANT_NOT_FOUND", "There is no such participant.");
}
