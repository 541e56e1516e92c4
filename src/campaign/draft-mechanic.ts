import type { Campaign as CampaignMessage } from "../gen/allot/v1/campaign_pb.js";
import type { Mechanic } from "./campaign.ts";
import type { Problem } from "./problem.ts";

const ticketsMax = 100_000_000;

/** The mechanic asked for in CreateCampaign; adds what is wrong with it to `problems`. */
export function mechanicOf({ mechanic }: CampaignMessage, problems: Problem[]): Mechanic {
  const add = (field: string, problem: string) => problems.push({ field: `campaign.${field}`, problem });
  switch (mechanic.case) {
    case "instantWin":
      return { kind: "instant-win" };
    case "raffle": {
      const { tickets, autoDraw, requireEntropy } = mechanic.value;
      if (tickets < 1 || tickets > ticketsMax) {
        add("raffle.tickets", `There must be 1 to ${ticketsMax}, not ${tickets}.`);
      }
      if (autoDraw && requireEntropy) {
        add("raffle.auto_draw", "Winners can't be drawn by themselves where entropy is required.");
      }
      return { kind: "raffle", tickets, autoDraw, requireEntropy };
    }
    case "lottery":
      return { kind: "lottery", requireEntropy: mechanic.value.requireEntropy };
    case "codePool":
      return { kind: "code-pool", imported: mechanic.value.imported };
    default:
      return { kind: "first-come" };
  }
}
