// With the full metadata: the smallest set takes numbers of a wrong length (+82 10 123 456) for valid. It costs 75 KB and 10 ms at the start.
import { isSupportedCountry, type ParseError, parsePhoneNumberWithError } from "libphonenumber-js/max";
import type { Checked, Problem } from "../campaign/problem.ts";

/** Longer ones are no phone numbers, however they are spelled. */
const maxLength = 64;

/**
 * A phone number in E.164, as in +821012345678, or what is wrong with it; what was given is never repeated, since errors are logged by those
 * who get them. `region` is for national numbers: one with a country code needs none.
 */
export function phoneNumberOf({ phoneNumber, region }: PhoneFields): Checked<string> {
  const problems: Problem[] = [];
  const wrong = (field: string, problem: string) => problems.push({ field, problem });
  const isInternational = /^\s*[+＋]/.test(phoneNumber);
  if (region !== "" && !isSupportedCountry(region)) {
    wrong("region", "It must be a country by ISO 3166-1 alpha-2, in capitals, as in KR.");
  }
  if (phoneNumber === "") {
    wrong("phone_number", "It is required.");
  } else if (phoneNumber.length > maxLength) {
    wrong("phone_number", `It can have ${maxLength} characters, not ${phoneNumber.length}.`);
  } else if (!isInternational && region === "") {
    wrong(
      "phone_number",
      "It has no country code: begin with + and the country code, as in +82 10-1234-5678, or name the country in region.",
    );
  }
  if (problems.length > 0) return { problems };
  const parsed = parse(phoneNumber, region);
  if (typeof parsed === "string") return { problems: [{ field: "phone_number", problem: parsed }] };
  return { value: parsed.number };
}

export interface PhoneFields {
  phoneNumber: string;
  region: string;
}

/** A sentence: why it is none. */
function parse(phoneNumber: string, region: string): { number: string } | string {
  try {
    const parsed = parsePhoneNumberWithError(phoneNumber.trim(), {
      ...(isSupportedCountry(region) && { defaultCountry: region }),
      extract: false,
    });
    if (parsed.ext !== undefined) return "Leave its extension out.";
    if (parsed.isValid()) return { number: parsed.number };
    return "There is no such number in its country: check its digits, and their number.";
  } catch (error) {
    return meanings[(error as ParseError).message] ?? "It is no phone number.";
  }
}

/** By ParseError's message. */
const meanings: Record<string, string> = {
  INVALID_COUNTRY: "Its country code does not exist: write it behind +, as in +82 10-1234-5678.",
  TOO_SHORT: "It is too short.",
  TOO_LONG: "It is too long.",
};
