import { ticketsOf } from "../load/tickets-of.ts";
import { type Case, countBy } from "./audit.ts";

/** A refusal says that something is used up: then it must be, exactly. Never under. */
export function* checkRefusals({ campaign, told, given, stats }: Case): Generator<string> {
  const { sale } = campaign;
  const known = countBy(given.values(), ({ user }) => user);
  const reasons = new Map<string, string>();
  for (const { user, answer } of told) if ("refused" in answer) reasons.set(answer.refused, user);
  const { perUser = 0, perUserPerDay = 0 } = sale.campaign.limits ?? {};
  if (reasons.has("SOLD_OUT")) {
    const quota = ticketsOf(sale) ?? sale.campaign.prizes!.reduce((sum, prize) => sum + prize.quota!, 0);
    if (given.size + stats.inDoubt < quota) yield `sold out with ${given.size} of ${quota} given`;
  }
  if (reasons.has("DAILY_QUOTA_REACHED")) {
    const quota = sale.campaign.prizes!.reduce((sum, prize) => sum + prize.dailyQuota!, 0);
    if (given.size + stats.inDoubt < quota)
      yield `the day's quota reached with ${given.size} of ${quota} given`;
  }
  for (const { user, answer } of told)
    if ("refused" in answer && answer.refused === "USER_LIMIT_REACHED") {
      const most = perUser || perUserPerDay;
      if ((known.get(user) ?? 0) < most)
        yield `${user} is at the limit with ${known.get(user) ?? 0} of ${most}`;
    }
}
