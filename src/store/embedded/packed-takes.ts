import { choicesOf, ruleKeys } from "../../campaign/plan.ts";
import type { Group, Take } from "../store.ts";

const hashBytes = 16;
const fieldsBytes = 8;
const requestAt = hashBytes;
const fieldsAt = requestAt + hashBytes;
const addressAt = fieldsAt + fieldsBytes;
const rowBytes = addressAt + hashBytes;

/** A group as it crosses between threads: an object for each take would cost more to copy than the take itself. */
export interface PackedGroup extends Pick<Group, "plan" | "day"> {
  /** Row by row user hash, request key and fields, address hash; zeros where there is none. */
  hashes: Uint8Array;
  /** Of each take, as many as the plan has. */
  choices: Uint8Array;
  /** All user ids, and where each ends. */
  userIds: string;
  userIdEnds: Uint32Array;
}

export function packGroup({ plan, day, takes }: Group): PackedGroup {
  const hashes = new Uint8Array(takes.length * rowBytes);
  const width = choicesOf(plan);
  const choices = new Uint8Array(takes.length * width);
  const userIdEnds = new Uint32Array(takes.length);
  let userIds = "";
  for (let t = 0; t < takes.length; t++) {
    const { who, request, choices: own } = takes[t]!;
    const at = t * rowBytes;
    hashes.set(who.userHash, at);
    if (request) {
      hashes.set(request.key, at + requestAt);
      hashes.set(request.fields, at + fieldsAt);
    }
    if (who.addressHash) hashes.set(who.addressHash, at + addressAt);
    choices.set(own, t * width);
    userIds += who.userId;
    userIdEnds[t] = userIds.length;
  }
  return { plan, day, hashes, choices, userIds, userIdEnds };
}

export function unpackGroup({ plan, day, hashes, choices, userIds, userIdEnds }: PackedGroup): Group {
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  const hashAt = (at: number) => (isNone(bytes, at) ? undefined : bytes.subarray(at, at + hashBytes));
  const takes: Take[] = [];
  const width = choicesOf(plan);
  for (let t = 0; t < userIdEnds.length; t++) {
    const at = t * rowBytes;
    const userHash = bytes.subarray(at, at + hashBytes);
    const addressHash = hashAt(at + addressAt);
    const key = hashAt(at + requestAt);
    const userId = userIds.slice(t === 0 ? 0 : userIdEnds[t - 1], userIdEnds[t]);
    takes.push({
      keys: ruleKeys(plan, { userHash: userId === "" ? undefined : userHash, addressHash }),
      choices: choices.subarray(t * width, (t + 1) * width),
      request: key && { key, fields: bytes.subarray(at + fieldsAt, at + fieldsAt + fieldsBytes) },
      who: { userId, userHash, addressHash },
    });
  }
  return { plan, day, takes };
}

function isNone(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + hashBytes; i++) if (bytes[i] !== 0) return false;
  return true;
}
