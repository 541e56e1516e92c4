import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { phoneNumberOf } from "./phone-number.ts";

const of = (phoneNumber: string, region = "") => phoneNumberOf({ phoneNumber, region });

describe("one number has one spelling", () => {
  test.each([
    ["+821012345678", ""],
    ["+82 10-1234-5678", ""],
    ["+82 010-1234-5678", ""],
    [" +82 (10) 1234.5678 ", ""],
    ["010-1234-5678", "KR"],
    ["01012345678", "KR"],
    ["+８２ 10-1234-5678", ""],
    ["+82 10-1234-5678", "US"],
  ])("%s %s", (phoneNumber, region) => {
    expect(of(phoneNumber, region)).toEqual({ value: "+821012345678" });
  });

  test("and a leading zero that belongs to a number stays", () => {
    expect(of("06 1234 5678", "IT")).toEqual({ value: "+390612345678" });
  });
});

describe("what is none is refused with what to do, and never repeated:", () => {
  test.each([
    ["", "", "phone_number", /required/],
    ["010-1234-5678", "", "phone_number", /begin with \+ and the country code/],
    ["010-1234-5678", "kr", "region", /ISO 3166-1/],
    ["010-1234-5678", "XX", "region", /ISO 3166-1/],
    ["+82 10 123 456", "", "phone_number", /no such number/],
    ["+82 10 1234 56789", "", "phone_number", /no such number/],
    ["+1 555 555 5555", "", "phone_number", /no such number/],
    ["112", "KR", "phone_number", /no such number/],
    ["+999 1234567", "", "phone_number", /country code does not exist/],
    ["+82 10-1234-5678 ext. 5", "", "phone_number", /extension/],
    ["+82 1", "", "phone_number", /short/],
    [`+82 10${"1".repeat(30)}`, "", "phone_number", /long/],
    [`+82 10 1234 5678${" ".repeat(64)}`, "", "phone_number", /64 characters/],
    ["call me at +82 10 1234 5678", "KR", "phone_number", /no phone number/],
    ["1-800-FLOWERS", "US", "phone_number", /no phone number/],
  ])("%s %s", (phoneNumber, region, field, problem) => {
    const { problems } = of(phoneNumber, region);
    expect(problems).toEqual([{ field, problem: expect.stringMatching(problem) }]);
    if (phoneNumber !== "") expect(JSON.stringify(problems)).not.toContain(phoneNumber);
  });
});

test("whatever is given, it is E.164 that stays as it is, or refused", () => {
  const digits = fc.stringMatching(/^[+0-9 ()-]{0,20}$/);
  const region = fc.constantFrom("", "KR", "US", "GB", "IT", "zz");
  fc.assert(
    fc.property(fc.oneof(digits, fc.string()), region, (phoneNumber, region) => {
      const { value, problems } = of(phoneNumber, region);
      if (value === undefined) {
        expect(problems).not.toEqual([]);
        return;
      }
      expect(value).toMatch(/^\+[1-9]\d{4,14}$/);
      expect(of(value)).toEqual({ value });
    }),
  );
});
