import type { Case } from "./case.ts";
import { type Check, check, figure } from "./check.ts";

/** Store, ledger and clients tell the same story: nothing is missing from the ledger, and nothing in it is unexplained. */
export const checkLedger = (of: Case): Check[] => {
  const { after, rows, claims, drained, thing, things } = of;
  const stats = after.stats!;
  return [
    check(
      "the ledger caught up",
      `${figure(stats.undrained)} ${things} on their way to the ledger`,
      drained ? [] : [`${figure(stats.undrained)} ${things} were still not in the ledger`],
    ),
    check(
      "the ledger has what the store counts",
      `${figure(rows.total)} rows in the ledger, ${figure(givenOut(after))} given out`,
      countDifferences(of),
    ),
    check(
      `every acknowledged ${thing} is in the ledger, the same`,
      `${figure(claims.acknowledged)} acknowledged: ${figure(claims.lost.length)} missing, ` +
        `${figure(claims.different.length)} with another user or prize`,
      [
        ...claims.lost.map(({ key, user }) => `${key} of ${of.naming.userId(user)} is not in the ledger`),
        ...claims.different.map(
          ({ key, user, prizeId, inLedger }) =>
            `${key} was given to ${of.naming.userId(user)} as ${prizeId || "no prize"}; the ledger says ${inLedger}`,
        ),
        ...rows.foreign.map(({ key, campaignId }) => `${key} is of campaign ${campaignId}`),
      ],
    ),
    check("every row of the ledger is accounted for", accountDetail(of), unexplained(of)),
  ];
};

/** By the store's count, with what won nothing. */
const givenOut = ({ stats }: Case["after"]): number => (stats?.issued ?? 0) + (stats?.withoutPrize ?? 0);

function* countDifferences({ after, rows }: Case): Generator<string> {
  const stats = after.stats!;
  if (rows.total !== givenOut(after))
    yield `${figure(rows.total)} rows, but ${figure(givenOut(after))} given out`;
  const byPrize = new Map<string, number>();
  for (let at = 0; at < rows.length; at++)
    byPrize.set(rows.prizeIdAt(at), (byPrize.get(rows.prizeIdAt(at)) ?? 0) + 1);
  for (const { prizeId, issued } of stats.prizes)
    if ((byPrize.get(prizeId) ?? 0) !== issued && rows.repeated.length === 0)
      yield `${prizeId}: ${figure(byPrize.get(prizeId) ?? 0)} rows, but ${figure(issued)} issued`;
}

const strangersOf = ({ rows }: Case): number => {
  let strangers = 0;
  for (let at = 0; at < rows.length; at++) if (rows.userAt(at) === undefined) strangers++;
  return strangers + rows.repeated.filter(({ user }) => user === undefined).length;
};

const accountDetail = (of: Case): string =>
  `${figure(of.rows.total)} rows: ${figure(of.claims.acknowledged)} acknowledged, ` +
  `${figure(givenOut(of.before))} from before the run; ${figure(of.claims.unknown)} requests with an unknown outcome`;

function* unexplained(of: Case): Generator<string> {
  const { rows, claims, users, naming, thing, things } = of;
  const byUser = new Uint32Array(users);
  for (let at = 0; at < rows.length; at++) {
    const user = rows.userAt(at);
    if (user !== undefined && user < users) byUser[user]!++;
    else if (user !== undefined) yield `${naming.userId(user)} has a ${thing} and never asked`;
  }
  for (const { user } of rows.repeated) if (user !== undefined && user < users) byUser[user]!++;
  const before = givenOut(of.before);
  const strangers = strangersOf(of);
  if (strangers !== before)
    yield `${figure(strangers)} rows of users that are not of this run; there were ${figure(before)} before it`;
  for (let user = 0; user < users; user++) {
    const known = claims.acknowledgedByUser[user]!;
    const unknown = claims.unknownByUser[user]!;
    if (byUser[user]! > known + unknown)
      yield `${naming.userId(user)} has ${byUser[user]} ${things}, was told of ${known}, and ${unknown} outcomes are unknown`;
  }
}
