import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  CouponService,
  type IssueCouponRequest,
  type IssueCouponResponseSchema,
  type IssueCouponsRequest,
  type IssueCouponsRequestSchema,
  type IssueCouponsResponseSchema,
} from "../gen/allot/v1/coupon_pb.js";
import { type Codec, reflectiveCodec } from "../server/fast-lane/codec.ts";
import { countQuotes, issueCouponCodec, requestOfJson } from "./issue-coupon-codec.ts";
import { readUtf8 } from "./wire/ascii.ts";
import { bytesField } from "./wire/protobuf.ts";
import { readRepeated } from "./wire/repeated.ts";

const byReflection = reflectiveCodec(CouponService.method.issueCoupons);

/** IssueCoupons' messages without reflection: a list of what IssueCoupon has one of, each read and written as there. */
export const issueCouponsCodec: Codec<typeof IssueCouponsRequestSchema, typeof IssueCouponsResponseSchema> = {
  read(bytes, json) {
    const requests = json ? readJson(bytes) : readBinary(bytes);
    if (requests === undefined) return byReflection.read(bytes, json) as IssueCouponsRequest;
    return { $typeName: "allot.v1.IssueCouponsRequest", requests };
  },
  write({ results = [] }, json) {
    if (!json) return results.reduce((all, result) => all + bytesField(1, chars(result, false)), "");
    if (results.length === 0) return "{}";
    return `{"results":[${results.map((result) => chars(result, true)).join(",")}]}`;
  },
};

function readBinary(bytes: Buffer): IssueCouponRequest[] | undefined {
  return readRepeated(bytes, 1)?.map((element) => issueCouponCodec.read(element, false));
}

function readJson(bytes: Buffer): IssueCouponRequest[] | undefined {
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) return undefined;
  const json: unknown = JSON.parse(text);
  if (typeof json !== "object" || json === null || !("requests" in json)) return undefined;
  if (!Array.isArray(json.requests) || Object.keys(json).length !== 1) return undefined;
  const requests: IssueCouponRequest[] = [];
  // Of "requests" itself.
  let quotes = 2;
  for (const each of json.requests) {
    const found = requestOfJson(each);
    if (found === undefined) return undefined;
    requests.push(found.request);
    quotes += found.quotes;
  }
  return countQuotes(bytes) === quotes ? requests : undefined;
}

/** One character a byte. */
function chars(result: MessageInitShape<typeof IssueCouponResponseSchema>, json: boolean): string {
  const written = issueCouponCodec.write(result, json);
  return typeof written === "string" ? written : Buffer.from(written).toString("latin1");
}
