import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { IssueCouponRequestSchema } from "../../src/gen/allot/v1/coupon_pb.js";

let runs = 0;

/** Requests that differ only in nine digits: what comes before the digits, and after. No two runs have a user in common. */
export function requestsOfNewUsers(campaignId: string, json: boolean): { before: Buffer; after: Buffer } {
  const digits = "#".repeat(9);
  const userId = `u${String(++runs).padStart(5, "0")}${digits}`;
  const request = create(IssueCouponRequestSchema, { campaignId, userId });
  const bytes = Buffer.from(
    json ? toJsonString(IssueCouponRequestSchema, request) : toBinary(IssueCouponRequestSchema, request),
  );
  const at = bytes.indexOf(digits);
  return { before: bytes.subarray(0, at), after: bytes.subarray(at + digits.length) };
}

/** The same as IssueCouponsRequest has each of them: as an element of its field 1, behind tag and length. */
export function elementsOfNewUsers(campaignId: string): { before: Buffer; after: Buffer } {
  const { before, after } = requestsOfNewUsers(campaignId, false);
  const length = before.length + 9 + after.length;
  if (length > 127) throw new Error("the campaign's id is too long for a length of one byte");
  return { before: Buffer.concat([Buffer.from([0x0a, length]), before]), after };
}

export const digitsOf = (n: number): string => String(n).padStart(9, "0");
