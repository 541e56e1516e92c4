import type { Mechanic } from "./campaign.ts";
import type { PrizeDraft } from "./prize-draft.ts";
import type { Problem } from "./problem.ts";

const oddsMax = 1_000_000;

/** What a mechanic asks of its prizes, by their fields under the campaign. */
export function problemsWith(mechanic: Mechanic, prizes: PrizeDraft[]): Problem[] {
  const problems: Problem[] = [];
  const each = (check: (prize: PrizeDraft) => [keyof typeof names, string] | undefined) => {
    for (const [at, prize] of prizes.entries()) {
      const found = check(prize);
      if (found) problems.push({ field: `prizes[${at}].${names[found[0]]}`, problem: found[1] });
    }
  };
  if (mechanic.kind !== "instant-win") {
    each(({ oddsPpm }) =>
      oddsPpm > 0 ? ["oddsPpm", "Only prizes of an instant win have odds."] : undefined,
    );
  }
  switch (mechanic.kind) {
    case "first-come":
      break;
    case "instant-win":
      each(({ oddsPpm }) =>
        oddsPpm < 1 || oddsPpm > oddsMax
          ? ["oddsPpm", `They must be 1 to ${oddsMax}, not ${oddsPpm}.`]
          : undefined,
      );
      problems.push(...sumProblem(prizes));
      break;
    case "raffle":
    case "lottery":
      each(({ quota }) =>
        quota === undefined ? ["quota", "It is required: how many win this prize."] : undefined,
      );
      each(({ dailyQuota }) =>
        dailyQuota === undefined ? undefined : ["dailyQuota", "Winners are drawn all at once: it has none."],
      );
      problems.push(...winnersProblem(mechanic, prizes));
      break;
    case "code-pool":
      if (prizes.length > 1) problems.push({ field: "prizes", problem: "A code pool has one prize." });
  }
  return problems;
}

const names = { oddsPpm: "odds_ppm", quota: "quota", dailyQuota: "daily_quota" };

function sumProblem(prizes: PrizeDraft[]): Problem[] {
  const sum = prizes.reduce((total, { oddsPpm }) => total + oddsPpm, 0);
  if (sum <= oddsMax) return [];
  return [{ field: "prizes", problem: `Their odds add up to ${sum}: more than ${oddsMax}.` }];
}

/** The most winners that are drawn at once: they are written in one transaction. */
const winnersMax = 100_000;

function winnersProblem(mechanic: Mechanic, prizes: PrizeDraft[]): Problem[] {
  const winners = prizes.reduce((total, { quota = 0 }) => total + quota, 0);
  if (mechanic.kind === "raffle" && winners > mechanic.tickets) {
    const problem = `They are for ${winners} winners, but there are ${mechanic.tickets} tickets.`;
    return [{ field: "prizes", problem }];
  }
  if (winners <= winnersMax) return [];
  return [{ field: "prizes", problem: `They are for ${winners} winners: ${winnersMax} at most.` }];
}
