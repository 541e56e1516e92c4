import type { Case } from "./case.ts";
import { type Check, check, figure } from "./check.ts";
import { days } from "./days.ts";

/** No user, day or address has more than the campaign allows. Limits that the campaign does not set are left out. */
export const checkLimits = (of: Case): Check[] => {
  const { perUser, perUserPerDay, perAddress } = of.after.limits ?? {
    perUser: 0,
    perUserPerDay: 0,
    perAddress: 0,
  };
  const { rows, after } = of;
  const dayAt = days(after.timeZone);
  return [
    limit(of, "no user over the limit", perUser, (at) => rows.userAt(at) ?? rows.userIdAt(at)),
    limit(
      of,
      "no user over the limit of a day",
      perUserPerDay,
      (at) => `${rows.userIdAt(at)} on ${dayAt(rows.issueTimeMsAt(at))}`,
    ),
    limit(of, "no address over the limit", perAddress, (at) => {
      const user = rows.userAt(at);
      return user === undefined ? undefined : of.addressOf(user);
    }),
    ...after.prizes
      .filter(({ dailyQuota }) => dailyQuota !== undefined)
      .map(({ id, dailyQuota }) =>
        limit(of, `no day over the daily quota of ${id}`, dailyQuota!, (at) =>
          rows.prizeIdAt(at) === id ? dayAt(rows.issueTimeMsAt(at)) : undefined,
        ),
      ),
  ].filter((one) => one !== undefined);
};

const limit = (
  { rows, naming }: Case,
  name: string,
  most: number,
  holderAt: (at: number) => string | number | undefined,
): Check | undefined => {
  if (most === 0) return undefined;
  const held = new Map<string | number, number>();
  for (let at = 0; at < rows.length; at++) {
    const holder = holderAt(at);
    if (holder !== undefined) held.set(holder, (held.get(holder) ?? 0) + 1);
  }
  let highest = 0;
  const over: string[] = [];
  for (const [holder, count] of held) {
    highest = Math.max(highest, count);
    if (count <= most) continue;
    over.push(`${typeof holder === "number" ? naming.userId(holder) : holder}: ${figure(count)}`);
  }
  return check(
    name,
    `${figure(most)} allowed, ${figure(highest)} held at most, ${figure(over.length)} over`,
    over,
  );
};
