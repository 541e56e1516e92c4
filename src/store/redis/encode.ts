import { choicesOf, type Plan, type Rule } from "../../campaign/plan.ts";
import type { TakeReason } from "../../campaign/reason.ts";
import type { Group, Take } from "../store.ts";
import { dateOf, issuedField, type PartitionKeys, poolField } from "./keys.ts";
import type { UserIdCipher } from "./user-id-cipher.ts";

/** How a refusal is spelled in one byte, lower case: for the whole campaign; functions/take.lua is the other side. */
export const refusalBytes: Record<TakeReason, string> = {
  NOT_STARTED: "n",
  ENDED: "e",
  PAUSED: "p",
  SOLD_OUT: "s",
  DAILY_QUOTA_REACHED: "q",
  USER_LIMIT_REACHED: "u",
  ADDRESS_LIMIT_REACHED: "a",
  BANNED: "b",
  ROUND_SEALED: "r",
};

/** The same where it is about the day. */
export const todayBytes: Partial<Record<TakeReason, string>> = {
  USER_LIMIT_REACHED: "v",
  DAILY_QUOTA_REACHED: "q",
  ROUND_SEALED: "r",
};

const dayMs = 86_400_000;

/** A daily counter is needed until its day is over by the store's clock; two days more cost little and forgive much. */
export const expiryMs = (day: { endMs: number } | undefined) => day!.endMs + 2 * dayMs;

/** Keys and arguments of one group, in the order that functions/take.lua names. Without `userIds` they are in the clear. */
export function encodeGroup(
  keys: PartitionKeys,
  group: Group,
  userIds?: UserIdCipher,
): { keys: string[]; args: (string | Buffer)[] } {
  const { plan, takes } = group;
  const { campaignNo } = plan;
  const asked = takes.some((take) => take.request !== undefined);
  return {
    keys: [
      keys.stock(campaignNo),
      keys.requests(campaignNo),
      ...plan.rules.map((rule) => keys.rule(campaignNo, rule.name, dateOf(rule, group.day))),
    ],
    args: [
      header(plan, group.day),
      choicesColumn(plan, takes),
      asked ? column(takes, 16, (take) => take.request?.key) : "",
      asked ? column(takes, 8, (take) => take.request?.fields) : "",
      whoColumn(takes, userIds),
      ...plan.rules.map((_, r) => column(takes, 16, (take) => take.keys[r])),
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
    n: plan.numberedBy === undefined ? undefined : plan.numberedBy + 1,
    o: plan.givesNothing ? 1 : undefined,
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

/** A value of `width` bytes of each row, zeros where it has none. */
export function column<Row>(rows: Row[], width: number, of: (row: Row) => Buffer | undefined): Buffer {
  const bytes = Buffer.alloc(rows.length * width);
  rows.forEach((row, i) => {
    const value = of(row);
    if (value) bytes.set(value, i * width);
  });
  return bytes;
}

function choicesColumn(plan: Plan, takes: Take[]): Buffer {
  const width = choicesOf(plan);
  const bytes = Buffer.allocUnsafe(takes.length * width);
  for (let t = 0; t < takes.length; t++) bytes.set(takes[t]!.choices, t * width);
  return bytes;
}

const hasRequest = 1;
const hasAddress = 2;
export const isEncrypted = 4;
/** Length, flags, user hash, request key and fields, address hash. */
const whoMaxBytes = 2 + 1 + 16 + 24 + 16;
/** UTF-8 of one UTF-16 code unit. */
const unitMaxBytes = 3;

/** Of a user's hash in its row. */
const hashAt = 3;

/**
 * For each take length 2 bytes, then flags 1, user hash 16, request key and fields 24 if any, address hash 16 if any, user id in UTF-8,
 * encrypted where `userIds` is given.
 */
function whoColumn(takes: Take[], userIds: UserIdCipher | undefined): Buffer {
  let maxBytes = 0;
  for (const { who } of takes) maxBytes += whoMaxBytes + unitMaxBytes * who.userId.length;
  const bytes = Buffer.allocUnsafe(maxBytes);
  const places: number[] = [];
  let start = 0;
  for (const { who, request } of takes) {
    let at = start + 2;
    const put = (value: Buffer) => {
      bytes.set(value, at);
      at += value.length;
    };
    bytes[at++] =
      (request ? hasRequest : 0) | (who.addressHash ? hasAddress : 0) | (userIds ? isEncrypted : 0);
    put(who.userHash);
    if (request) {
      put(request.key);
      put(request.fields);
    }
    if (who.addressHash) put(who.addressHash);
    const idAt = at;
    at += bytes.write(who.userId, at);
    if (userIds && at > idAt) places.push(start + hashAt, idAt, at);
    bytes.writeUInt16BE(at - start - 2, start);
    start = at;
  }
  userIds?.mix(bytes, places);
  return bytes.subarray(0, start);
}
