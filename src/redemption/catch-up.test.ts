import { expect, test } from "vitest";
import { CatchUp } from "./catch-up.ts";

/** Campaign n has the serials of its hundred; moves end when they are told to. */
function setUp() {
  const moves: { partitionNos: number[]; end(error?: Error): void }[] = [];
  const catchUp = new CatchUp({
    ledger: {
      campaignOfSerial: async ({ serial }) =>
        serial < 1_000 ? { no: Math.floor(serial / 100), partitions: 2 } : undefined,
    },
    partitions: 4,
    flush: (partitionNos) =>
      new Promise((resolve, reject) => {
        moves.push({ partitionNos, end: (error) => (error ? reject(error) : resolve()) });
      }),
  });
  const broughtIn = (serial: number) => catchUp.broughtIn({ spaceNo: 1, serial });
  return { moves, broughtIn };
}

const quiet = () => new Promise(setImmediate);

test("only the partitions of the coupon's campaign are moved; a code of none moves nothing", async () => {
  const { moves, broughtIn } = setUp();
  expect(await broughtIn(5_000)).toBe(false);
  const found = [broughtIn(105), broughtIn(305)];
  await quiet();
  expect(moves.map(({ partitionNos }) => partitionNos)).toEqual([
    [1, 2],
    [3, 0],
  ]);
  for (const { end } of moves) end();
  expect(await Promise.all(found)).toEqual([true, true]);
});

test("many share one move, and it is one that begins after they came", async () => {
  const { moves, broughtIn } = setUp();
  const first = broughtIn(100);
  await quiet();
  const later = Promise.all(Array.from({ length: 50 }, (_, i) => broughtIn(100 + i)));
  await quiet();
  expect(moves).toHaveLength(1);
  let isDone = false;
  void later.then(() => {
    isDone = true;
  });
  moves[0]!.end();
  expect(await first).toBe(true);
  await quiet();
  expect(isDone).toBe(false);
  expect(moves).toHaveLength(2);
  moves[1]!.end();
  await later;
  const again = broughtIn(100);
  await quiet();
  expect(moves).toHaveLength(3);
  moves[2]!.end();
  await again;
});

test("a move that fails does so for those who waited for it, and the next one is made", async () => {
  const { moves, broughtIn } = setUp();
  const first = broughtIn(100).catch((error) => error.message);
  await quiet();
  const second = broughtIn(100);
  await quiet();
  moves[0]!.end(new Error("gone"));
  expect(await first).toBe("gone");
  await quiet();
  moves[1]!.end();
  expect(await second).toBe(true);
});
