import { expect, test } from "vitest";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Answer } from "./answer.ts";
import { fate, Journal } from "./journal.ts";
import { Naming } from "./naming.ts";

const naming = new Naming("t");
const journalOf = (onePerUser = false) =>
  new Journal({ worker: 0, campaignId: "c", naming, onePerUser }, 100_000);

const coupon = (user: number, key: string, replayed = false): Answer => ({
  kind: "given",
  given: { key, campaignId: "c", prizeId: "p1", userId: naming.userId(user) },
  replayed,
  outcome: "coupon: new",
});
const refusal = (reason: Reason): Answer => ({ kind: "refused", reason });
const lost: Answer = { kind: "lost", why: "timed out" };

/** Sends and answers in turn. */
const tell = (journal: Journal, request: number, ...answers: Answer[]) => {
  for (const answer of answers) journal.answered(request, answer, journal.sent(request));
};

test("an outcome is unknown until an answer says what became of it, and a coupon stays", () => {
  const journal = journalOf();
  const request = journal.begin(1);
  const fateNow = () => journal.pages().fates[request];
  expect(fateNow()).toBe(fate.unsent);
  tell(journal, request, lost);
  expect([fateNow(), journal.unknown()]).toEqual([fate.unknown, [request]]);
  tell(journal, request, refusal(Reason.SOLD_OUT));
  expect(fateNow()).toBe(fate.denied);
  tell(journal, request, { kind: "hung up" });
  expect(fateNow()).toBe(fate.unknown);
  tell(journal, request, coupon(1, "A", true), lost);
  expect([fateNow(), journal.unknown()]).toEqual([fate.given, []]);
});

test.each([
  [{ kind: "error", code: "UNAVAILABLE", reason: "STORE_UNAVAILABLE" }, fate.unknown],
  [{ kind: "error", code: "INTERNAL", reason: "" }, fate.unknown],
  [{ kind: "error", code: "UNAVAILABLE", reason: "OVERLOADED" }, fate.denied],
  [{ kind: "error", code: "INVALID_ARGUMENT", reason: "" }, fate.denied],
] satisfies [Answer, number][])("%j", (answer, expected) => {
  const journal = journalOf();
  tell(journal, journal.begin(0), answer);
  expect(journal.pages().fates[0]).toBe(expected);
});

test("two coupons for one request id are a violation", () => {
  const journal = journalOf();
  tell(journal, journal.begin(1), coupon(1, "A"), coupon(1, "A", true));
  expect(journal.violations.counts).toEqual({});
  tell(journal, 0, coupon(1, "B", true));
  expect(journal.violations.counts).toEqual({ "another one": 1 });
});

test("a refusal is a violation only if it was sent after the coupon had been acknowledged", () => {
  const journal = journalOf();
  const request = journal.begin(1);
  const concurrently = journal.sent(request);
  tell(journal, request, coupon(1, "A"));
  journal.answered(request, refusal(Reason.SOLD_OUT), concurrently);
  expect(journal.violations.counts).toEqual({});
  tell(journal, request, refusal(Reason.SOLD_OUT));
  expect(journal.violations.counts).toEqual({ forgotten: 1 });
});

test("where the limit is one per user, another request id of the same user is owed the coupon too", () => {
  for (const [onePerUser, counts] of [
    [true, { forgotten: 1 }],
    [false, {}],
  ] as const) {
    const journal = journalOf(onePerUser);
    tell(journal, journal.begin(1), coupon(1, "A"));
    tell(journal, journal.begin(1), refusal(Reason.USER_LIMIT_REACHED));
    expect(journal.violations.counts).toEqual(counts);
  }
});

test("a repeated coupon must say so, and a coupon must be the asker's", () => {
  const journal = journalOf();
  tell(journal, journal.begin(1), coupon(1, "A"), coupon(1, "A"));
  tell(journal, journal.begin(2), coupon(3, "B"));
  expect(journal.violations.counts).toEqual({ "not marked replayed": 1, "somebody else's": 1 });
});

test("codes of any script survive in many rows", () => {
  const journal = journalOf();
  const codes = Array.from({ length: 20_000 }, (_, index) => (index % 2 ? `가나다${index}` : `CODE${index}`));
  codes.forEach((code, user) => {
    tell(journal, journal.begin(user), coupon(user, code));
  });
  const { keys: bytes, keyStarts, keyLengths, length } = journal.pages();
  const read = (row: number) =>
    Buffer.from(bytes.buffer).toString("utf8", keyStarts[row], keyStarts[row]! + keyLengths[row]!);
  expect(length).toBe(codes.length);
  expect(Array.from(codes, (_, row) => read(row))).toEqual(codes);
});

test("sold out and limits count as demand, too early does not", () => {
  const journal = journalOf();
  tell(journal, journal.begin(0), refusal(Reason.SOLD_OUT));
  tell(journal, journal.begin(1), refusal(Reason.USER_LIMIT_REACHED));
  tell(journal, journal.begin(2), refusal(Reason.NOT_STARTED));
  expect([...journal.pages().eligible]).toEqual([1, 1, 0]);
});

test("what does not last may be refused later", () => {
  const journal = new Journal(
    { worker: 0, campaignId: "c", naming, onePerUser: false, lasts: (detail) => detail !== 7 },
    10,
  );
  const passing = journal.begin(1, 7);
  tell(journal, passing, coupon(1, "A"), refusal(Reason.USER_LIMIT_REACHED));
  expect([journal.detailOf(passing), journal.violations.counts]).toEqual([7, {}]);
  tell(journal, journal.begin(1, 8), coupon(1, "B"), refusal(Reason.USER_LIMIT_REACHED));
  expect(journal.violations.counts).toEqual({ forgotten: 1 });
});
