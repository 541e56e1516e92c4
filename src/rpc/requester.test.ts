import { createContextValues } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Caller, caller } from "../auth/caller.ts";
import { ROLES } from "../auth/roles.ts";
import { callerAddress } from "../server/caller.ts";
import { addressOf, maySee, shownUserId, userOf } from "./requester.ts";

const contextOf = (by: Caller | undefined) => ({
  values: createContextValues().set(caller, by).set(callerAddress, "198.51.100.1"),
});
const user = contextOf({ role: "user", keyId: undefined, subject: "ann" });
const others = [
  contextOf(undefined),
  ...ROLES.map((role) => contextOf({ role, keyId: "k", subject: undefined })),
  ...ROLES.map((role) => contextOf({ role, keyId: undefined, subject: "a-service" })),
];
const notAllowed = expect.objectContaining({ reason: "NOT_ALLOWED" });

describe("a user", () => {
  test("is its token's subject, whether it says so or not", () => {
    expect(userOf("", user)).toBe("ann");
    expect(userOf("ann", user)).toBe("ann");
  });

  test("is nobody else, however alike the id", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("Ann", "ann ", " ann", "añn")),
        (id) => {
          fc.pre(id !== "ann");
          expect(() => userOf(id, user)).toThrow(notAllowed);
          expect(maySee(id, user)).toBe(false);
          expect(shownUserId(id, user)).toBe("");
        },
      ),
    );
  });

  test("has the address that it calls from", () => {
    expect(addressOf("", user)).toBe("198.51.100.1");
    expect(() => addressOf("203.0.113.7", user)).toThrow(notAllowed);
    expect(() => addressOf("198.51.100.1", user)).toThrow(notAllowed);
  });

  test("sees what is its own, and nothing of requests that named nobody", () => {
    expect(maySee("ann", user)).toBe(true);
    expect(shownUserId("ann", user)).toBe("ann");
    expect(maySee("", user)).toBe(false);
  });
});

test("services name whom they like, and the addresses that they speak for", () => {
  for (const context of others) {
    expect(userOf("bob", context)).toBe("bob");
    expect(userOf("", context)).toBe("");
    expect(addressOf("", context)).toBe("198.51.100.1");
    expect(addressOf("2001:db8::1", context)).toBe("2001:db8:0:0::/64");
    expect(maySee("bob", context)).toBe(true);
    expect(shownUserId("bob", context)).toBe("bob");
  }
});
