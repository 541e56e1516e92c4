import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import type { Case } from "./case.ts";
import { type Check, check, figure } from "./check.ts";
import { days } from "./days.ts";

/** Never over, never under, and the counts add up. */
export const checkQuota = (of: Case): Check[] => [...checkSums(of), checkExactly(of)];

export const checkSums = (of: Case): Check[] => [
  check("issued + remaining + in doubt = quota", sumDetail(of), sumDifferences(of)),
  check("never over the quota", overDetail(of), over(of)),
];

const quotaOf = (after: Campaign): number =>
  after.prizes.reduce((sum, { quota }) => sum + (quota ?? Number.POSITIVE_INFINITY), 0);

const quotaText = (quota: number): string => (Number.isFinite(quota) ? figure(quota) : "no quota");

const sumDetail = (of: Case): string => {
  const { issued, remaining, inDoubt } = of.after.stats!;
  const left = remaining === undefined ? "unlimited" : figure(remaining);
  return `${figure(issued)} + ${left} + ${figure(inDoubt)}; quota ${quotaText(quotaOf(of.after))}`;
};

function* sumDifferences({ after }: Case): Generator<string> {
  const { issued, remaining, inDoubt, prizes } = after.stats!;
  const quota = quotaOf(after);
  if (Number.isFinite(quota) && issued + (remaining ?? 0) + inDoubt !== quota)
    yield `the campaign: ${issued} + ${remaining} + ${inDoubt} is not ${quota}`;
  for (const prize of after.prizes) {
    const stats = prizes.find(({ prizeId }) => prizeId === prize.id);
    if (!stats) yield `${prize.id}: no stats`;
    else if (
      prize.quota !== undefined &&
      stats.issued + (stats.remaining ?? 0) + stats.inDoubt !== prize.quota
    )
      yield `${prize.id}: ${stats.issued} + ${stats.remaining} + ${stats.inDoubt} is not ${prize.quota}`;
  }
}

const overDetail = (of: Case): string =>
  `${figure(of.rows.prized)} rows; quota ${quotaText(quotaOf(of.after))}`;

function* over(of: Case): Generator<string> {
  const { after, rows } = of;
  if (of.rows.prized > quotaOf(of.after))
    yield `${figure(of.rows.prized - quotaOf(of.after))} more than the quota`;
  for (const { id, quota } of after.prizes) {
    let count = 0;
    for (let at = 0; at < rows.length; at++) if (rows.prizeIdAt(at) === id) count++;
    if (quota !== undefined && count > quota) yield `${id}: ${figure(count)}, quota ${figure(quota)}`;
  }
}

/** What the crowd was entitled to, were there no quota: what it asked for, cut by the limits of users and addresses. */
const demandOf = (of: Case, dayCount: number): number => {
  const { perUser, perUserPerDay, perAddress } = of.after.limits ?? {
    perUser: 0,
    perUserPerDay: 0,
    perAddress: 0,
  };
  const ofUser = Math.min(
    perUser || Number.POSITIVE_INFINITY,
    (perUserPerDay || Number.POSITIVE_INFINITY) * dayCount,
  );
  const byAddress = new Map<string, number>();
  let demand = 0;
  for (let user = 0; user < of.users; user++) {
    const wanted = Math.min(of.claims.wantedByUser[user]!, ofUser);
    const address = perAddress > 0 ? of.addressOf(user) : undefined;
    if (address === undefined) demand += wanted;
    else byAddress.set(address, (byAddress.get(address) ?? 0) + wanted);
  }
  for (const wanted of byAddress.values()) demand += Math.min(wanted, perAddress);
  return demand;
};

const countDays = ({ after, rows }: Case): number => {
  const dayAt = days(after.timeZone);
  const seen = new Set<string>();
  for (let at = 0; at < rows.length; at++) seen.add(dayAt(rows.issueTimeMsAt(at)));
  return Math.max(1, seen.size);
};

export const checkExactly = (of: Case): Check => {
  const name = "the quota reached exactly, if the demand sufficed";
  const { after, before, rows, claims } = of;
  if (after.prizes.some(({ dailyQuota }) => dailyQuota !== undefined))
    return check(name, "not judged: a daily quota bounds what could be given out", []);

  const room = quotaOf(after) - (before.stats?.issued ?? 0) - (after.stats?.inDoubt ?? 0);
  const given = rows.total - (before.stats?.issued ?? 0);
  const dayCount = after.limits?.perUserPerDay ? countDays(of) : 1;
  const least = Math.min(room, demandOf(of, 1));
  const most = Math.min(room, demandOf(of, dayCount) + claims.unknown);
  const detail =
    `entitled demand ${figure(demandOf(of, 1))}, ${Number.isFinite(room) ? figure(room) : "any number"} to give: ` +
    `${figure(given)} given out`;
  if (given < least) return check(name, detail, [`${figure(least - given)} too few`]);
  return check(name, detail, given > most ? [`${figure(given - most)} too many`] : []);
};
