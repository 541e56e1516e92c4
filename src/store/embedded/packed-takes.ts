import type { Group, Take } from "../store.ts";

const hashBytes = 16;
const fieldsBytes = 8;
/** User hash, request key and fields, address hash. */
const fixedBytes = hashBytes + hashBytes + fieldsBytes + hashBytes;
const anyPool = -1;

/** A group as it crosses between threads: an object for each take would cost more to copy than the take itself. */
export interface PackedGroup extends Pick<Group, "plan" | "day"> {
  /** Row by row what is fixed, then a key for each of the plan's rules; zeros where there is none. */
  hashes: Uint8Array;
  pools: Int32Array;
  /** All user ids, and where each ends. */
  userIds: string;
  userIdEnds: Uint32Array;
}

export function packGroup({ plan, day, takes }: Group): PackedGroup {
  const rowBytes = fixedBytes + plan.rules.length * hashBytes;
  const hashes = new Uint8Array(takes.length * rowBytes);
  const pools = new Int32Array(takes.length);
  const userIdEnds = new Uint32Array(takes.length);
  let userIds = "";
  for (let t = 0; t < takes.length; t++) {
    const { who, request, pool, keys } = takes[t]!;
    let at = t * rowBytes;
    hashes.set(who.userHash, at);
    at += hashBytes;
    if (request) {
      hashes.set(request.key, at);
      hashes.set(request.fields, at + hashBytes);
    }
    at += hashBytes + fieldsBytes;
    if (who.addressHash) hashes.set(who.addressHash, at);
    for (let r = 0; r < plan.rules.length; r++) {
      at += hashBytes;
      const key = keys[r];
      if (key) hashes.set(key, at);
    }
    pools[t] = pool ?? anyPool;
    userIds += who.userId;
    userIdEnds[t] = userIds.length;
  }
  return { plan, day, hashes, pools, userIds, userIdEnds };
}

export function unpackGroup({ plan, day, hashes, pools, userIds, userIdEnds }: PackedGroup): Group {
  const rowBytes = fixedBytes + plan.rules.length * hashBytes;
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  const hashAt = (at: number) => (isNone(bytes, at) ? undefined : bytes.subarray(at, at + hashBytes));
  const takes: Take[] = [];
  for (let t = 0; t < pools.length; t++) {
    const at = t * rowBytes;
    const requestAt = at + hashBytes;
    const fieldsAt = requestAt + hashBytes;
    const addressAt = fieldsAt + fieldsBytes;
    const key = hashAt(requestAt);
    takes.push({
      keys: plan.rules.map((_, r) => hashAt(at + fixedBytes + r * hashBytes)),
      pool: pools[t] === anyPool ? undefined : pools[t],
      request: key && { key, fields: bytes.subarray(fieldsAt, fieldsAt + fieldsBytes) },
      who: {
        userId: userIds.slice(t === 0 ? 0 : userIdEnds[t - 1], userIdEnds[t]),
        userHash: bytes.subarray(at, at + hashBytes),
        addressHash: hashAt(addressAt),
      },
    });
  }
  return { plan, day, takes };
}

function isNone(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + hashBytes; i++) if (bytes[i] !== 0) return false;
  return true;
}
