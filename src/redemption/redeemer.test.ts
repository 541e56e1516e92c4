import { expect, test } from "vitest";
import { untouched } from "../campaign/redemption.ts";
import type { RedemptionAnswer, RedemptionAsk } from "../ledger/redemptions.ts";
import { Redeemer } from "./redeemer.ts";

const ask = (serial: number): RedemptionAsk => ({
  spaceNo: 1,
  serial,
  act: "redeem",
  orderId: `order ${serial}`,
  ttlMs: 0,
  userHash: undefined,
});

const answerTo = ({ serial }: RedemptionAsk): RedemptionAnswer => ({
  kind: "coupon",
  replayed: false,
  coupon: {
    ...{ campaignId: String(serial), prizeId: "", userId: "", issueMs: 0, expireMs: undefined },
    ...{ state: "redeemed", redemption: untouched },
  },
});

const serialIn = (answer: RedemptionAnswer | undefined) =>
  answer?.kind === "coupon" ? Number(answer.coupon.campaignId) : undefined;

/** A ledger whose transactions end when they are told to. */
function slowLedger() {
  const transactions: { asks: RedemptionAsk[]; end(error?: Error): void }[] = [];
  return {
    transactions,
    redeem: (asks: RedemptionAsk[]) =>
      new Promise<(RedemptionAnswer | undefined)[]>((resolve, reject) => {
        transactions.push({ asks, end: (error) => (error ? reject(error) : resolve(asks.map(answerTo))) });
      }),
  };
}

const nothingNew = { broughtIn: async () => false };

test("what arrives while transactions are under way travels together in the next one", async () => {
  const ledger = slowLedger();
  const redeemer = new Redeemer({ ledger, catchUp: nothingNew, queueMax: 10_000 });
  const first = redeemer.redeem(ask(1));
  await expect.poll(() => ledger.transactions).toHaveLength(1);
  const second = [redeemer.redeem(ask(2)), redeemer.redeem(ask(3))];
  await expect.poll(() => ledger.transactions).toHaveLength(2);
  const later = Array.from({ length: 600 }, (_, i) => redeemer.redeem(ask(100 + i)));
  await new Promise(setImmediate);
  expect(ledger.transactions.map(({ asks }) => asks.length)).toEqual([1, 2]);
  ledger.transactions[1]!.end();
  await expect.poll(() => ledger.transactions).toHaveLength(3);
  ledger.transactions[0]!.end();
  await expect.poll(() => ledger.transactions).toHaveLength(4);
  expect(ledger.transactions.map(({ asks }) => asks.length)).toEqual([1, 2, 500, 100]);
  for (const { end } of ledger.transactions) end();
  const serials = (await Promise.all([first, ...second, ...later])).map(serialIn);
  expect(serials).toEqual([1, 2, 3, ...Array.from({ length: 600 }, (_, i) => 100 + i)]);
});

test("past the bound the answer comes at once, and a failure is that of its transaction alone", async () => {
  const ledger = slowLedger();
  const redeemer = new Redeemer({ ledger, catchUp: nothingNew, queueMax: 2 });
  const failing = redeemer.redeem(ask(1)).catch((error) => error.message);
  await expect.poll(() => ledger.transactions).toHaveLength(1);
  const good = redeemer.redeem(ask(2));
  await expect.poll(() => ledger.transactions).toHaveLength(2);
  const waiting = [redeemer.redeem(ask(3)), redeemer.redeem(ask(4))];
  await expect(redeemer.redeem(ask(5))).rejects.toThrow("too many redemptions are waiting");
  ledger.transactions[0]!.end(new Error("gone"));
  expect(await failing).toBe("gone");
  ledger.transactions[1]!.end();
  expect(serialIn(await good)).toBe(2);
  await expect.poll(() => ledger.transactions).toHaveLength(3);
  ledger.transactions[2]!.end();
  expect((await Promise.all(waiting)).map(serialIn)).toEqual([3, 4]);
});

test("a coupon that the ledger does not have yet is asked for again, once, when it has come", async () => {
  const asked: number[] = [];
  const brought: number[] = [];
  const ledger = {
    async redeem(asks: RedemptionAsk[]) {
      asked.push(...asks.map(({ serial }) => serial));
      return asks.map((one) => (brought.includes(one.serial) && one.serial < 10 ? answerTo(one) : undefined));
    },
  };
  const catchUp = {
    async broughtIn({ serial }: { serial: number }) {
      brought.push(serial);
      return serial !== 7;
    },
  };
  const redeemer = new Redeemer({ ledger, catchUp, queueMax: 10 });
  expect(serialIn(await redeemer.redeem(ask(1)))).toBe(1);
  expect(await redeemer.redeem(ask(7))).toBeUndefined();
  expect(await redeemer.redeem(ask(20))).toBeUndefined();
  expect(asked).toEqual([1, 1, 7, 20, 20]);
});
