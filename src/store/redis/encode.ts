import type { Plan, Rule } from "../../campaign/plan.ts";
import type { Reason } from "../../campaign/reason.ts";
import type { Group, Take } from "../store.ts";
import { dateOf, issuedField, type PartitionKeys, poolField } from "./keys.ts";

/** How a refusal is spelled in one byte, lower case: for the whole campaign; functions/take.lua is the other side. */
export const refusalBytes: Record<Reason, string> = {
  NOT_STARTED: "n",
  ENDED: "e",
  PAUSED: "p",
  SOLD_OUT: "s",
  DAILY_QUOTA_REACHED: "q",
  USER_LIMIT_REACHED: "u",
  ADDRESS_LIMIT_REACHED: "a",
};

/** The same where a rule of the day refused. */
export const todayBytes: Partial<Record<Reason, string>> = {
  USER_LIMIT_REACHED: "v",
  DAILY_QUOTA_REACHED: "q",
};

const dayMs = 86_400_000;
const zero = Buffer.alloc(16);
const zeroRequest = Buffer.alloc(24);

/** A daily counter is needed until its day is over by the store's clock; two days more cost little and forgive much. */
export const expiryMs = (day: { endMs: number } | undefined) => day!.endMs + 2 * dayMs;

/** Keys and arguments of one group, in the order that functions/take.lua names. */
export function encodeGroup(
  keys: PartitionKeys,
  group: Group,
): { keys: string[]; args: (string | Buffer)[] } {
  const { plan, takes } = group;
  const { campaignNo } = plan;
  return {
    keys: [
      keys.stock(campaignNo),
      keys.requests(campaignNo),
      ...plan.rules.map((rule) => keys.rule(campaignNo, rule.name, dateOf(rule, group.day))),
    ],
    args: [
      header(plan, group.day),
      Buffer.from(takes.map((take) => (take.pool === undefined ? 0 : take.pool + 1))),
      requestsColumn(takes),
      Buffer.concat(takes.map(encodeWho)),
      ...plan.rules.map((_, r) => Buffer.concat(takes.map((take) => take.keys[r] ?? zero))),
    ],
  };
}

const headers = new WeakMap<Plan, { day: Group["day"]; text: string }>();

function header(plan: Plan, day: Group["day"]): string {
  const cached = headers.get(plan);
  if (cached && cached.day?.startMs === day?.startMs) return cached.text;
  const text = JSON.stringify({
    c: plan.campaignNo,
    v: plan.revision,
    w: plan.spaceNo,
    s: plan.startMs,
    e: plan.endMs,
    x: plan.closed?.[0] ?? "",
    d: day && [day.startMs, day.endMs],
    r: plan.rules.map((rule) => encodeRule(rule, day)),
    p: plan.pools.map((pool) => [
      poolField(pool.prizeNo, dateOf(pool, day)),
      issuedField(pool.prizeNo),
      pool.prizeNo,
    ]),
  });
  headers.set(plan, { day, text });
  return text;
}

const encodeRule = (rule: Rule, day: Group["day"]) => [
  rule.limit,
  rule.remembers ? 1 : 0,
  (rule.daily && todayBytes[rule.reason]) || refusalBytes[rule.reason],
  rule.daily ? expiryMs(day) : 0,
];

function requestsColumn(takes: Take[]): Buffer | string {
  if (takes.every((take) => take.request === undefined)) return "";
  return Buffer.concat(
    takes.flatMap(({ request }) => (request ? [request.key, request.fields] : [zeroRequest])),
  );
}

const hasRequest = 1;
const hasAddress = 2;

/** Length 2 bytes, then flags 1, user hash 16, request key and fields 24 if any, address hash 16 if any, user id in UTF-8. */
function encodeWho({ who, request }: Take): Buffer {
  const userBytes = Buffer.byteLength(who.userId);
  const size = 17 + (request ? 24 : 0) + (who.addressHash ? 16 : 0) + userBytes;
  const bytes = Buffer.allocUnsafe(2 + size);
  let at = bytes.writeUInt16BE(size, 0);
  at = bytes.writeUInt8((request ? hasRequest : 0) | (who.addressHash ? hasAddress : 0), at);
  at += who.userHash.copy(bytes, at);
  if (request) {
    at += request.key.copy(bytes, at);
    at += request.fields.copy(bytes, at);
  }
  if (who.addressHash) at += who.addressHash.copy(bytes, at);
  bytes.write(who.userId, at);
  return bytes;
}

/** The inverse of what a take wrote about itself; `bytes` starts behind the length. */
export function decodeWho(bytes: Buffer) {
  const flags = bytes.readUInt8(0);
  let at = 1;
  const read = (size: number) => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  const userHash = read(16);
  const requestHash = flags & hasRequest ? read(16) : undefined;
  const requestFields = flags & hasRequest ? read(8) : undefined;
  const addressHash = flags & hasAddress ? read(16) : undefined;
  return { userHash, requestHash, requestFields, addressHash, userId: bytes.toString("utf8", at) };
}
