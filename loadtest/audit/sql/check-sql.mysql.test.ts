import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Connection, createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { CampaignSchema } from "../../../src/gen/allot/v1/campaign_pb.js";
import { migrate } from "../../../src/ledger/mysql/migrate.ts";
import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { Naming } from "../../record/naming.ts";
import type { Case } from "../case.ts";
import { compareClaims } from "../claims.ts";
import { LedgerRows } from "../ledger-rows.ts";
import { checkSql } from "./check-sql.ts";

const naming = new Naming("t");
const hash = (text: string): Buffer => createHash("md5").update(text).digest();
const users = 30;

/** A ledger with one coupon for each of 30 users, and the case in which everybody agrees with it. */
const lay = async (): Promise<{ url: string; ledger: Connection; of: Case }> => {
  const url = await freshDatabase();
  await migrate(url);
  const ledger = await createConnection(url);
  const nowMs = Date.now();
  const campaign = {
    ...{
      no: 1,
      id: "c",
      revision: 1,
      name: "",
      start_ms: 0,
      end_ms: nowMs,
      time_zone: "UTC",
      mechanic: "first-come",
    },
    ...{
      per_user: 1,
      per_user_per_day: 0,
      per_address: 3,
      space_no: 1,
      allow_guessable: 0,
      partitions: 1,
      paused: 0,
    },
    ...{ retired: 0, pushed_revision: 1, create_ms: nowMs, update_ms: nowMs },
  };
  await ledger.query("INSERT INTO campaign SET ?", campaign);
  const prize = { campaign_no: 1, no: 0, id: "p1", name: "", quota: users, attributes: "{}", granted: users };
  await ledger.query("INSERT INTO prize SET ?", prize);
  await ledger.query("INSERT INTO prize_range SET ?", {
    campaign_no: 1,
    prize_no: 0,
    first: 100,
    size: users,
  });
  await ledger.query("INSERT INTO prize_count SET ?", {
    campaign_no: 1,
    prize_no: 0,
    partition_no: 0,
    issued: users,
  });
  const rows = new LedgerRows(naming);
  for (let user = 0; user < users; user++) {
    const userId = naming.userId(user);
    await ledger.query("INSERT INTO entry SET ?", {
      ...{ partition_no: 0, epoch: 1, n: 1, i: user, campaign_no: 1, prize_no: 0, revision: 1, space_no: 1 },
      ...{ serial: 100 + user, time_ms: nowMs, user_id: userId, user_hash: hash(userId) },
      ...{ request_hash: hash(`request ${user}`), address_hash: hash(`address ${Math.floor(user / 3)}`) },
    });
    rows.add({ key: `C${user}`, userId, prizeId: "p1", campaignId: "c", time: undefined }, "c");
  }
  const after = create(CampaignSchema, {
    id: "c",
    limits: { perUser: 1, perAddress: 3 },
    stats: { issued: users, remaining: 0, prizes: [{ prizeId: "p1", issued: users }] },
  });
  const claims = compareClaims([], rows, users, true);
  const of = {
    ...{ thing: "coupon", things: "coupons", before: after, after, drained: true },
    ...{ rows, claims, naming, users, addressOf: () => undefined },
  };
  return { url, ledger, of };
};

const tampering: [name: string, statements: string[], red: string[]][] = [
  ["nothing", [], []],
  [
    "a row lost",
    ["DELETE FROM entry WHERE i = 7"],
    ["SQL: as many rows as were issued, by prize", "SQL: what every user has"],
  ],
  ["a row with another user", ["UPDATE entry SET user_id = 'x' WHERE i = 7"], ["SQL: what every user has"]],
  [
    "a count that is off",
    ["UPDATE prize_count SET issued = 31"],
    ["SQL: as many rows as were issued, by prize"],
  ],
  [
    "more granted than the quota",
    ["UPDATE prize SET granted = 31"],
    ["SQL: as many rows as were issued, by prize"],
  ],
  [
    "a serial twice",
    ["ALTER TABLE entry DROP INDEX by_serial", "UPDATE entry SET serial = 101 WHERE i = 7"],
    ["SQL: no serial twice, and each from its prize's range"],
  ],
  [
    "a serial from elsewhere",
    ["UPDATE entry SET serial = 99 WHERE i = 7"],
    ["SQL: no serial twice, and each from its prize's range"],
  ],
  [
    "a user's hash on two rows",
    ["UPDATE entry SET user_hash = UNHEX(REPEAT('ab', 16)) WHERE i IN (7, 8)"],
    ["SQL: no user over the limit"],
  ],
  [
    "a user's hash on two rows, of which one was returned",
    [
      "UPDATE entry SET user_hash = UNHEX(REPEAT('ab', 16)) WHERE i IN (7, 8)",
      "INSERT INTO returned SET campaign_no = 1, serial = 107, space_no = 1, prize_no = 0, released = 1",
    ],
    [],
  ],
  [
    "a request recorded twice",
    [
      "UPDATE entry SET user_hash = UNHEX(REPEAT('ab', 16)), request_hash = UNHEX(REPEAT('ab', 16)) WHERE i IN (7, 8)",
    ],
    ["SQL: no request recorded twice", "SQL: no user over the limit"],
  ],
  [
    "a crowded address",
    ["UPDATE entry SET address_hash = UNHEX(REPEAT('ab', 16)) WHERE i < 4"],
    ["SQL: no address over the limit"],
  ],
  [
    "a dead letter",
    ["INSERT INTO dead_letter SELECT 1, 0, 1, 1, 0, 'differs', '{}', create_ms FROM campaign"],
    ["SQL: no dead letters"],
  ],
];

test.each(tampering)("%s", async (_name, statements, red) => {
  const { url, ledger, of } = await lay();
  for (const statement of statements) await ledger.query(statement);
  await ledger.end();
  const checks = await checkSql(url, of);
  expect(checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(red);
});

test("a database that does not have the campaign", async () => {
  const { url, ledger, of } = await lay();
  await ledger.query("DELETE FROM campaign");
  await ledger.end();
  expect(await checkSql(url, of)).toMatchObject([{ passed: false }]);
});
