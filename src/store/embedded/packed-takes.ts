import { ruleKeys } from "../../campaign/plan.ts";
import type { Group, Take } from "../store.ts";

const hashBytes = 16;
const fieldsBytes = 8;
const requestAt = hashBytes;
const fieldsAt = requestAt + hashBytes;
const addressAt = fieldsAt + fieldsBytes;
const rowBytes = addressAt + hashBytes;
const anyPool = -1;

/** A group as it crosses between threads: an object for each take would cost more to copy than the take itself. */
export interface PackedGroup extends Pick<Group, "plan" | "day"> {
  /** Row by row user hash, request key and fields, address hash; zeros where there is none. */
  hashes: Uint8Array;
  pools: Int32Array;
  /** All user ids, and where each ends. */
  userIds: string;
  userIdEnds: Uint32Array;
}

export function packGroup({ plan, day, takes }: Group): PackedGroup {
  const hashes = new Uint8Array(takes.length * rowBytes);
  const pools = new Int32Array(takes.length);
  const userIdEnds = new Uint32Array(takes.length);
  let userIds = "";
  for (let t = 0; t < takes.length; t++) {
    const { who, request, pool } = takes[t]!;
    const at = t * rowBytes;
    hashes.set(who.userHash, at);
    if (request) {
      hashes.set(request.key, at + requestAt);
      hashes.set(request.fields, at + fieldsAt);
    }
    if (who.addressHash) hashes.set(who.addressHash, at + addressAt);
    pools[t] = pool ?? anyPool;
    userIds += who.userId;
    userIdEnds[t] = userIds.length;
  }
  return { plan, day, hashes, pools, userIds, userIdEnds };
}

export function unpackGroup({ plan, day, hashes, pools, userIds, userIdEnds }: PackedGroup): Group {
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  const hashAt = (at: number) => (isNone(bytes, at) ? undefined : bytes.subarray(at, at + hashBytes));
  const takes: Take[] = [];
  for (let t = 0; t < pools.length; t++) {
    const at = t * rowBytes;
    const userHash = bytes.subarray(at, at + hashBytes);
    const addressHash = hashAt(at + addressAt);
    const key = hashAt(at + requestAt);
    const userId = userIds.slice(t === 0 ? 0 : userIdEnds[t - 1], userIdEnds[t]);
    takes.push({
      keys: ruleKeys(plan, { userHash: userId === "" ? undefined : userHash, addressHash }),
      pool: pools[t] === anyPool ? undefined : pools[t],
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
