import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { CouponSchema, IssueCouponRequestSchema } from "../../src/gen/allot/v1/coupon_pb.js";
import { coupons } from "../mechanic/coupon/coupons.ts";
import { couponGiven } from "../mechanic/coupon/issue-coupon.ts";
import type { Answer } from "../record/answer.ts";
import { Journal } from "../record/journal.ts";
import { Naming } from "../record/naming.ts";
import { addressOfUser } from "../scenario/address.ts";
import { seededRandom } from "../scenario/random.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type ScenarioName, scenarioNames, scenarios } from "../scenario/scenarios.ts";
import { type Fault, faults, SmallService } from "../testing/small-service.ts";
import type { Case } from "./case.ts";
import { compareClaims } from "./claims.ts";
import { judge } from "./judge.ts";
import { LedgerRows } from "./ledger-rows.ts";

const sends = 900;
/** Those that the small service can serve. */
const couponScenarios = scenarioNames.filter((name) => scenarios[name].mechanic === coupons);
const naming = new Naming("t");

/** Lets a scenario's crowd loose on a service in this process, and lays out the audit's case. */
const play = (name: ScenarioName, fault?: Fault, opensInMs = -1_000): Case => {
  const scenario: Scenario = scenarios[name];
  const users = scenario.users(sends);
  const campaign = create(CampaignSchema, {
    id: "c",
    startTime: timestampFromMs(Date.now() + opensInMs),
    endTime: timestampFromMs(Date.now() + 60_000),
    prizes: [{ id: "p1", quota: scenario.quota(sends) }],
    limits: scenario.limits,
  });
  const service = new SmallService(campaign, fault);
  const onePerUser = scenario.limits.perUser === 1;
  const journal = new Journal({ worker: 0, campaignId: "c", naming, onePerUser }, users);
  const begin = (user: number): number => journal.begin(user);
  const workload = scenario.workload({
    ...{ worker: 0, workers: 1, users, goods: 0 },
    random: seededRandom(7, 0),
    begin,
  });

  const ask = (request: number, hangsUp: boolean): Answer => {
    const user = journal.userOf(request);
    const message = create(IssueCouponRequestSchema, {
      campaignId: "c",
      userId: naming.userId(user),
      requestId: naming.requestId(0, request),
      address: addressOfUser(scenario, user),
    });
    const owed = journal.sent(request);
    const outcome = service.issue(message);
    if (hangsUp) service.hungUp(message);
    const told: Answer = hangsUp ? { kind: "hung up" } : answer(outcome);
    journal.answered(request, told, owed);
    return told;
  };
  for (let sent = 0; sent < sends; sent++) {
    const send = workload.next(sent);
    const told = ask(send.request, send.hangUpAfterMs !== undefined);
    workload.ended?.(send, sent, told);
  }
  for (const request of [...journal.unknown(), ...(workload.leftover?.() ?? [])]) ask(request, false);

  const rows = new LedgerRows(naming);
  for (const row of service.rows) rows.add({ ...row, key: row.code, time: row.issueTime }, "c");
  return {
    thing: "coupon",
    things: "coupons",
    before: campaign,
    after: { ...campaign, stats: service.stats() },
    drained: service.stats().undrained === 0,
    rows,
    claims: compareClaims([journal.pages()], rows, users, onePerUser),
    naming,
    users,
    addressOf: (user) => addressOfUser(scenario, user),
  };
};

const answer = (outcome: ReturnType<SmallService["issue"]>): Answer =>
  "refusal" in outcome
    ? { kind: "refused", reason: outcome.refusal }
    : couponGiven(create(CouponSchema, outcome.coupon), outcome.replayed);

const red = (of: Case): string[] =>
  judge(of)
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

test.each(couponScenarios)("%s: an honest service passes every check", (name) => {
  const of = play(name);
  expect(red(of)).toEqual([]);
  expect(of.rows.length).toBeGreaterThan(100);
});

const caught: Record<Fault, [ScenarioName, string[]]> = {
  "issues more than the quota": [
    "flash-sale",
    [
      "issued + remaining + in doubt = quota",
      "never over the quota",
      "the quota reached exactly, if the demand sufficed",
    ],
  ],
  "stops short of the quota": [
    "flash-sale",
    ["issued + remaining + in doubt = quota", "the quota reached exactly, if the demand sufficed"],
  ],
  "loses a coupon": [
    "steady",
    [
      "every acknowledged coupon is in the ledger, the same",
      "issued + remaining + in doubt = quota",
      "the quota reached exactly, if the demand sufficed",
    ],
  ],
  "issues a coupon nobody asked for": [
    "steady",
    [
      "every row of the ledger is accounted for",
      "issued + remaining + in doubt = quota",
      "never over the quota",
      "the quota reached exactly, if the demand sufficed",
    ],
  ],
  "gives a code twice": ["steady", ["no coupon twice"]],
  "gives a user too many": ["retries", ["no user over the limit"]],
  "gives a user too many in a day": ["greedy-user", ["no user over the limit of a day"]],
  "gives an address too many": [
    "greedy-user",
    ["the quota reached exactly, if the demand sufficed", "no address over the limit"],
  ],
  "records another user": [
    "steady",
    ["every acknowledged coupon is in the ledger, the same", "every row of the ledger is accounted for"],
  ],
  "records another prize": [
    "steady",
    ["the ledger has what the store counts", "every acknowledged coupon is in the ledger, the same"],
  ],
  "answers with another user's coupon": ["steady", ["one request, one coupon"]],
  "forgets request ids": ["retries", ["every row of the ledger is accounted for", "one request, one coupon"]],
  "refuses a repeated request": ["retries", ["one request, one coupon"]],
  "leaks when a client hangs up": [
    "hang-ups",
    ["issued + remaining + in doubt = quota", "the quota reached exactly, if the demand sufficed"],
  ],
  "issues before the start": ["flash-sale", ["nothing before the start or from the end on"]],
  "miscounts what it issued": [
    "steady",
    ["the ledger has what the store counts", "issued + remaining + in doubt = quota"],
  ],
  "never drains": ["steady", ["the ledger caught up"]],
};

test.each(faults)("a service that %s is found out", (fault) => {
  const [name, checks] = caught[fault];
  const opensInMs = fault === "issues before the start" ? 30_000 : undefined;
  expect(red(play(name, fault, opensInMs))).toEqual(checks);
});

test("every check is red for some fault", () => {
  const names = couponScenarios.flatMap((name) => judge(play(name)).map((check) => check.name));
  expect([...new Set(Object.values(caught).flatMap(([, checks]) => checks))].sort()).toEqual(
    [...new Set(names)].sort(),
  );
});
