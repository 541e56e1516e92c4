import type { Listed } from "../../audit/ledger-rows.ts";
import { unnamed } from "../../scenario/crowd.ts";
import type { Mechanic } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { judgeLottery } from "./judge-lottery.ts";
import { finishLottery, type LotteryOutcome } from "./outcome.ts";
import { keyOf, submitBallot } from "./submit-ballot.ts";

/** A lottery. */
export const ballots: Mechanic = {
  thing: "ballot",
  things: "ballots",
  ask: ({ campaignId, userId, requestId, address, detail }) =>
    submitBallot({ campaignId, userId, address, ...(detail !== unnamed && { requestId }) }),
  isRepeatable: (detail) => detail !== unnamed,
  campaign: (quota) => ({
    mechanic: { case: "lottery", value: {} },
    prizes: [
      { id: "car", name: "Car", quota: 1 },
      { id: "mug", name: "Mug", quota: Math.max(1, quota - 1) },
    ],
  }),
  open: (stage) => {
    let outcome: LotteryOutcome;
    const { clients, campaign } = stage;
    return {
      afterwards: async () => {
        outcome = await finishLottery(stage);
      },
      async *listed(): AsyncGenerator<Listed> {
        for (const { date } of outcome.rounds) {
          const list = (pageToken: string) =>
            clients.lotteries.listBallots({ campaignId: campaign.id, date, pageSize, pageToken });
          for await (const page of pages(list))
            for (const ballot of page.ballots) {
              const { userId, campaignId, submitTime: time } = ballot;
              yield { key: keyOf(ballot), userId, prizeId: "", campaignId, time };
            }
        }
      },
      judge: (of) => judgeLottery(of, outcome),
    };
  },
};
