import type { Case } from "../../audit/case.ts";
import { type Check, check, figure } from "../../audit/check.ts";
import { checkLedger } from "../../audit/check-ledger.ts";
import { checkLimits } from "../../audit/check-limits.ts";
import { checkPromises } from "../../audit/check-promises.ts";
import { checkSums } from "../../audit/check-quota.ts";
import { chiSquare, chiSquareBound, significance } from "../../audit/statistics/chi-square.ts";
import { committed } from "../secret/committed.ts";
import { partsOf } from "./draw.ts";

const million = 1_000_000;
/** Fewer draws say nothing about odds. */
const enough = 1_000;

export const judgeDraws = (of: Case): Check[] => [
  ...checkLedger(of),
  ...checkSums(of),
  ...checkPromises(of),
  ...checkLimits(of),
  numbered(of),
  ownCoupons(of),
  shares(of),
  committed("the secret", [
    { name: of.after.id, commitment: of.before.secretCommitment, secret: of.after.revealedSecret },
  ]),
];

/** A user's draws of a day are the first, the second, …: none is there twice, none is left out. */
const numbered = ({ rows }: Case): Check => {
  const highest = new Map<string, number>();
  const counted = new Map<string, number>();
  for (const key of rows.keys()) {
    const { date, userId, number } = partsOf(key);
    const day = `${userId} on ${date}`;
    counted.set(day, (counted.get(day) ?? 0) + 1);
    highest.set(day, Math.max(highest.get(day) ?? 0, number));
  }
  const faults = [...counted].filter(([day, count]) => highest.get(day) !== count);
  return check(
    "a user's draws of a day are numbered from 1",
    `${figure(counted.size)} users and days`,
    faults.map(([day, count]) => `${day}: ${count} draws, the last is number ${highest.get(day)}`),
  );
};

const ownCoupons = ({ rows }: Case): Check => {
  const holders = new Map<string, string>();
  const faults: string[] = [];
  let at = 0;
  for (const key of rows.keys()) {
    const { code, userId } = partsOf(key);
    const won = rows.prizeIdAt(at++) !== "";
    if (won !== (code !== ""))
      faults.push(`${key}: ${won ? "a prize without a coupon" : "a coupon without a prize"}`);
    if (code !== "" && holders.has(code)) faults.push(`${code} is ${holders.get(code)}'s and ${userId}'s`);
    if (code !== "") holders.set(code, userId);
  }
  return check("every prize has a coupon of its own", `${figure(holders.size)} coupons`, faults);
};

/** Prizes without a quota must come as often as their odds say; the others can run out, and count as the rest. */
const shares = ({ after, rows }: Case): Check => {
  const name = `prizes come as often as their odds say (chi-square, p = ${significance})`;
  const judged = after.prizes.filter(
    ({ quota, dailyQuota }) => quota === undefined && dailyQuota === undefined,
  );
  if (rows.length < enough) return check(name, `not judged: fewer than ${figure(enough)} draws`, []);
  const counts = new Map(judged.map(({ id }) => [id, 0]));
  for (let at = 0; at < rows.length; at++) {
    const id = rows.prizeIdAt(at);
    if (counts.has(id)) counts.set(id, counts.get(id)! + 1);
  }
  const odds = judged.map(({ oddsPpm }) => oddsPpm / million);
  const rest = <T extends number>(parts: T[], whole: number) =>
    whole - parts.reduce((sum, part) => sum + part, 0);
  const seen = [...counts.values()];
  const expected = [...odds, rest(odds, 1)].map((share) => share * rows.length);
  const distance = chiSquare([...seen, rest(seen, rows.length)], expected);
  const bound = chiSquareBound(judged.length);
  const detail = judged.map(
    ({ id }, i) => `${id} ${figure(seen[i]!)} of ${figure(Math.round(expected[i]!))} expected`,
  );
  return check(
    name,
    `${figure(rows.length)} draws: ${detail.join(", ")}; ${distance.toFixed(1)}, at most ${bound.toFixed(1)}`,
    distance > bound ? ["such a distance comes by chance in less than one of a thousand runs"] : [],
  );
};
