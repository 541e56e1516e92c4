import type { Campaign } from "../campaign/campaign.ts";
import type { Day } from "../campaign/day.ts";
import { anyPool, choicesOf, nothing, type Plan, poolAt } from "../campaign/plan.ts";
import { InstantWin, prizeAt } from "../draws/instant-win.ts";

/** What a request asks the store for: see Take.choices. The day is the plan's. */
export type Choose = (prizeId: string, userHash: Uint8Array, day: Day | undefined) => Uint8Array;

/** How requests for a campaign choose: by the prize they name, by drawing, or not at all. */
export function chooseFor(
  campaign: Campaign,
  plan: Plan,
  places: Map<string, number>,
  secret: Uint8Array | undefined,
): Choose {
  const any = Uint8Array.of(anyPool);
  switch (campaign.mechanic.kind) {
    case "instant-win":
      return drawing(campaign, choicesOf(plan), new InstantWin(secret!, campaign.id));
    case "lottery": {
      const ballots = new Uint8Array(choicesOf(plan)).fill(nothing);
      return () => ballots;
    }
    case "first-come": {
      const named = new Map([...places].map(([id, place]) => [id, Uint8Array.of(poolAt(place))]));
      return (prizeId) => (prizeId === "" ? any : named.get(prizeId)!);
    }
    default:
      return () => any;
  }
}

/** What each of the user's draws of the day comes to; which of them it is only the store knows. */
function drawing({ prizes }: Campaign, count: number, draws: InstantWin): Choose {
  return (_, userHash, day) => {
    const choices = new Uint8Array(count);
    for (let n = 1; n <= count; n++) {
      const prize = prizeAt(prizes, draws.number(userHash, day!.date, n));
      choices[n - 1] = prize ? poolAt(prize.no) : nothing;
    }
    return choices;
  };
}
