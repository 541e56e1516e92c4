import { createConnection, type RowDataPacket } from "mysql2/promise";
import { ticketsNo } from "../../../src/campaign/campaign.ts";
import type { Case } from "../case.ts";
import { type Check, check, figure } from "../check.ts";

interface Row extends RowDataPacket {
  [column: string]: unknown;
}

/** Runs a statement over the campaign's entries; `:campaign` is its number. */
type Ask = (statement: string) => Promise<Row[]>;

const examplesAsked = 6;

/**
 * The same questions to the ledger's tables themselves (MySQL or MariaDB), so that the audit does not rest on the service's own view of
 * them; and some that the public port can't answer. Reads only.
 */
export const checkSql = async (url: string, of: Case): Promise<Check[]> => {
  const connection = await createConnection({
    uri: url,
    charset: "utf8mb4_bin",
    decimalNumbers: true,
    dateStrings: true,
  });
  try {
    const [campaigns] = await connection.query<Row[]>("SELECT no, create_ms FROM campaign WHERE id = ?", [
      of.after.id,
    ]);
    const campaign = campaigns[0];
    if (!campaign)
      return [check("SQL: the campaign is in this database", of.after.id, ["there is no such row"])];
    const ask: Ask = async (statement) => {
      const values = { campaign: campaign.no, since: campaign.create_ms };
      const named = statement.replace(/:(\w+)/g, (_, name: keyof typeof values) =>
        connection.escape(values[name]),
      );
      return (await connection.query<Row[]>(named))[0];
    };
    return [
      await countRows(ask, of),
      await compareUsers(ask, of),
      await findNone(
        ask,
        "SQL: no serial twice, and each from its prize's range",
        strayed,
        "of the campaign's serials",
      ),
      await findNone(ask, "SQL: no request recorded twice", twice, "of its request ids"),
      ...(await checkLimits(ask, of)),
      await findNone(ask, "SQL: no dead letters", deadLetters, "since the campaign was created"),
    ];
  } finally {
    await connection.end();
  }
};

const counts = `
  SELECT prize.id AS prize, prize.quota AS quota, prize.granted AS granted,
    (SELECT COUNT(*) FROM entry
      WHERE entry.campaign_no = prize.campaign_no AND entry.prize_no = prize.no AND serial IS NOT NULL) AS held,
    (SELECT COALESCE(SUM(issued), 0) FROM prize_count
      WHERE prize_count.campaign_no = prize.campaign_no AND prize_count.prize_no = prize.no) AS counted
  FROM prize WHERE prize.campaign_no = :campaign AND prize.no < ${ticketsNo} ORDER BY prize.no`;

const strayed = `
  SELECT CONCAT(space_no, '/', serial) AS what, COUNT(*) AS times FROM entry
  WHERE campaign_no = :campaign AND serial IS NOT NULL GROUP BY space_no, serial HAVING COUNT(*) > 1
  UNION ALL
  SELECT CONCAT(entry.space_no, '/', entry.serial), 0 FROM entry LEFT JOIN prize_range
    ON prize_range.campaign_no = entry.campaign_no AND prize_range.prize_no = entry.prize_no
    AND entry.serial >= prize_range.first AND entry.serial < prize_range.first + prize_range.size
  WHERE entry.campaign_no = :campaign AND entry.serial IS NOT NULL AND prize_range.first IS NULL
  LIMIT ${examplesAsked}`;

const twice = `
  SELECT HEX(request_hash) AS what, COUNT(*) AS times FROM entry
  WHERE campaign_no = :campaign AND request_hash IS NOT NULL
  GROUP BY user_hash, request_hash HAVING COUNT(*) > 1 LIMIT ${examplesAsked}`;

const deadLetters = `
  SELECT problem AS what, COUNT(*) AS times FROM dead_letter WHERE create_ms >= :since
  GROUP BY problem LIMIT ${examplesAsked}`;

const overLimit = (column: string, most: number): string => `
  SELECT HEX(${column}) AS what, COUNT(*) AS times FROM entry
  WHERE campaign_no = :campaign AND serial IS NOT NULL AND ${column} IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM returned WHERE returned.campaign_no = entry.campaign_no AND returned.serial = entry.serial)
  GROUP BY ${column} HAVING COUNT(*) > ${most} LIMIT ${examplesAsked}`;

const checkLimits = async (ask: Ask, { after }: Case): Promise<Check[]> => {
  const { perUser = 0, perAddress = 0 } = after.limits ?? {};
  const checks: Check[] = [];
  if (perUser > 0)
    checks.push(
      await findNone(ask, "SQL: no user over the limit", overLimit("user_hash", perUser), `over ${perUser}`),
    );
  if (perAddress > 0)
    checks.push(
      await findNone(
        ask,
        "SQL: no address over the limit",
        overLimit("address_hash", perAddress),
        `over ${perAddress}`,
      ),
    );
  return checks;
};

/** A check that passes if the statement finds nothing. */
const findNone = async (ask: Ask, name: string, statement: string, scope: string): Promise<Check> => {
  const found = await ask(statement);
  const detail = `${found.length === 0 ? "none" : `${figure(found.length)} or more`} ${scope}`;
  return check(
    name,
    detail,
    found.map(({ what, times }) => `${what} (${times})`),
  );
};

const countRows = async (ask: Ask, { rows, after }: Case): Promise<Check> => {
  const prizes = await ask(counts);
  const held = prizes.reduce((sum, prize) => sum + Number(prize.held), 0);
  const faults: string[] = [];
  if (held !== rows.prized) faults.push(`${figure(held)} rows, but the list has ${figure(rows.prized)}`);
  for (const { prize, held: own, counted, quota, granted } of prizes) {
    const issued = after.stats!.prizes.find(({ prizeId }) => prizeId === String(prize))?.issued;
    if (own !== counted || own !== issued)
      faults.push(`${prize}: ${own} rows, ${counted} in prize_count, ${issued} in the stats`);
    if (quota !== null && Number(granted) > Number(quota))
      faults.push(`${prize}: ${granted} granted of a quota of ${quota}`);
  }
  return check(
    "SQL: as many rows as were issued, by prize",
    `${figure(held)} rows, ${figure(after.stats!.issued)} issued`,
    faults,
  );
};

const compareUsers = async (ask: Ask, { rows }: Case): Promise<Check> => {
  const listed = new Map<string, number>();
  for (let at = 0; at < rows.length; at++)
    if (rows.prizeIdAt(at) !== "") listed.set(rows.userIdAt(at), (listed.get(rows.userIdAt(at)) ?? 0) + 1);
  const recorded = await ask(
    `SELECT CONVERT(user_id USING utf8mb4) AS user, COUNT(*) AS held FROM entry
      WHERE campaign_no = :campaign AND serial IS NOT NULL AND prize_no < ${ticketsNo} GROUP BY user_id`,
  );
  const faults: string[] = [];
  for (const { user, held } of recorded) {
    if (listed.get(String(user)) !== held)
      faults.push(`${user}: ${held} rows, but the list has ${listed.get(String(user)) ?? 0}`);
    listed.delete(String(user));
  }
  for (const [user, held] of listed) faults.push(`${user}: no row, but the list has ${held}`);
  return check("SQL: what every user has", `${figure(recorded.length)} users`, faults);
};
