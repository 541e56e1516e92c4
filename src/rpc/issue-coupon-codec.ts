import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type CouponSchema,
  CouponService,
  type IssueCouponRequest,
  type IssueCouponRequestSchema,
  type IssueCouponResponseSchema,
  Coupon_State as State,
} from "../gen/allot/v1/coupon_pb.js";
import { type Codec, reflectiveCodec } from "../server/fast-lane/codec.ts";
import { readUtf8, utf8Chars } from "./wire/ascii.ts";
import { bytesField, readStrings, stringField, varintField } from "./wire/protobuf.ts";

type Response = MessageInitShape<typeof IssueCouponResponseSchema>;
type Coupon = MessageInitShape<typeof CouponSchema>;

const byReflection = reflectiveCodec(CouponService.method.issueCoupon);

/**
 * IssueCoupon's messages without reflection, which would cost more than all else about a call. It knows requests as clients usually write them and
 * the answer with a coupon; everything else, and everything malformed, goes by reflection, so that there is one opinion about it.
 */
export const issueCouponCodec: Codec<typeof IssueCouponRequestSchema, typeof IssueCouponResponseSchema> = {
  read(bytes, json) {
    return (
      (json ? readJson(bytes) : readBinary(bytes)) ?? (byReflection.read(bytes, json) as IssueCouponRequest)
    );
  },
  write(response, json) {
    const { outcome } = response;
    if (outcome?.case === "refusal") return writeRefusal(response, json);
    if (outcome?.case !== "coupon" || !isUsual(outcome.value)) return byReflection.write(response, json);
    const { value } = outcome;
    return json ? writeJson(value, response.replayed) : writeBinary(value, response.replayed);
  },
};

/** As the handler answers. */
const isUsual = ({ state, issueTime, expireTime }: Coupon) =>
  state === State.ISSUED && issueTime !== undefined && expireTime === undefined;

const $typeName = "allot.v1.IssueCouponRequest";

function readBinary(bytes: Buffer): IssueCouponRequest | undefined {
  const strings = readStrings(bytes, 5);
  if (strings === undefined) return undefined;
  const [campaignId, userId, prizeId, requestId, address] = strings as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { $typeName, campaignId, userId, prizeId, requestId, address };
}

function readJson(bytes: Buffer): IssueCouponRequest | undefined {
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) return undefined;
  const found = requestOfJson(JSON.parse(text));
  // More of them: a key is there twice, which JSON.parse does not tell, or a string has one in it.
  return found && countQuotes(bytes) === found.quotes ? found.request : undefined;
}

/** A usual request of JSON that has been parsed, and how many quotes its text has if each key is there once. */
export function requestOfJson(json: unknown): { request: IssueCouponRequest; quotes: number } | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  const request: Record<string, string> = {
    $typeName,
    campaignId: "",
    userId: "",
    prizeId: "",
    requestId: "",
    address: "",
  };
  let quotes = 0;
  for (const name of Object.keys(json)) {
    const value: unknown = (json as Record<string, unknown>)[name];
    if (!names.has(name) || typeof value !== "string" || !value.isWellFormed()) return undefined;
    request[name] = value;
    quotes += 4;
  }
  return { request: request as unknown as IssueCouponRequest, quotes };
}

const names = new Set(["campaignId", "userId", "prizeId", "requestId", "address"]);

export function countQuotes(bytes: Buffer): number {
  let found = 0;
  for (const byte of bytes) if (byte === quote) found++;
  return found;
}

const quote = 0x22;

/** Refusals without a time are few, and the same ones are answered again and again once a campaign is sold out. */
const refusals = {
  json: new Map<number, Uint8Array | string>(),
  binary: new Map<number, Uint8Array | string>(),
};

function writeRefusal(response: Response, json: boolean): Uint8Array | string {
  const { reason, retryTime } = (response.outcome as { value: { reason?: number; retryTime?: unknown } })
    .value;
  if (reason === undefined || retryTime !== undefined || response.replayed)
    return byReflection.write(response, json);
  return refusals[json ? "json" : "binary"].getOrInsertComputed(reason, () =>
    byReflection.write(response, json),
  );
}

function writeBinary({ code, campaignId, prizeId, userId, issueTime }: Coupon, replayed = false): string {
  const coupon =
    stringField(1, code ?? "") +
    stringField(2, campaignId ?? "") +
    stringField(3, prizeId ?? "") +
    stringField(4, userId ?? "") +
    varintField(5, State.ISSUED) +
    bytesField(6, timeOf(issueTime as Timestamp).binary);
  return bytesField(1, coupon) + varintField(3, Number(replayed));
}

function writeJson({ code, campaignId, prizeId, userId, issueTime }: Coupon, replayed = false): string {
  const fields = [
    jsonField("code", code),
    jsonField("campaignId", campaignId),
    jsonField("prizeId", prizeId),
    jsonField("userId", userId),
    '"state":"STATE_ISSUED"',
    `"issueTime":${timeOf(issueTime as Timestamp).json}`,
  ];
  const coupon = fields.filter((field) => field !== "").join(",");
  return utf8Chars(`{"coupon":{${coupon}}${replayed ? ',"replayed":true' : ""}}`);
}

const jsonField = (name: string, text = "") => (text === "" ? "" : `"${name}":${JSON.stringify(text)}`);

let lastTime = { seconds: 0n, nanos: 0, ...spelled(create(TimestampSchema)) };

/** Coupons of one batch have one time. */
function timeOf(time: Timestamp): { binary: string; json: string } {
  const { seconds, nanos } = time;
  if (seconds !== lastTime.seconds || nanos !== lastTime.nanos) {
    lastTime = { seconds, nanos, ...spelled(time) };
  }
  return lastTime;
}

function spelled(time: Timestamp): { binary: string; json: string } {
  const binary = varintField(1, Number(time.seconds)) + varintField(2, time.nanos);
  return { binary, json: JSON.stringify(toJson(TimestampSchema, time)) };
}
