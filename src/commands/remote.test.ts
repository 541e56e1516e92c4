import { expect, test } from "vitest";
import { fault, faultToConnectError } from "../rpc/errors.ts";
import { persist } from "./remote.ts";

test.each(["OVERLOADED", "LEDGER_UNAVAILABLE", "RATE_LIMITED"] as const)(
  "%s is asked again",
  async (reason) => {
    let asked = 0;
    const answer = await persist(async () => {
      if (++asked === 1) throw faultToConnectError(fault(reason, "wait"));
      return "there";
    });
    expect([answer, asked]).toEqual(["there", 2]);
  },
);

test.each(["NOT_ALLOWED", "MESSAGE_TOO_LARGE"] as const)(
  "%s is not, and its message is the error",
  async (reason) => {
    let asked = 0;
    const call = persist(async () => {
      asked++;
      throw faultToConnectError(fault(reason, "no"));
    });
    await expect(call).rejects.toThrow(/^no$/);
    expect(asked).toBe(1);
  },
);
