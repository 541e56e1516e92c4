import { setTimeout as sleep } from "node:timers/promises";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Round, Round_State as State } from "../../../src/gen/allot/v1/lottery_pb.js";
import { monotonicMs } from "../../clock.ts";
import { answered } from "../answered.ts";
import type { Stage } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";

/** What a lottery came to, as its clients see it. */
export interface LotteryOutcome {
  /** Latest first. */
  rounds: Round[];
  /** What the round was like before the campaign was ended. */
  open: Round | undefined;
  /** What closing it was answered while its day lasted; undefined: the day was over by then. */
  early: string | undefined;
  /** What closing it again was answered, and one more ballot, when it was drawn. */
  again: string;
  late: string;
}

const patienceMs = 60_000;
const pollMs = 200;

/** Tries to close the round before its time, ends the campaign, waits until all rounds are drawn by themselves, and comes too late. */
export const finishLottery = async (stage: Stage): Promise<LotteryOutcome> => {
  const { clients, campaign } = stage;
  const campaignId = campaign.id;
  const { round: open } = await clients.lotteries.getRound({ campaignId });
  const close = () => answered(() => clients.lotteries.closeRound({ campaignId, date: open?.date ?? "" }));
  const tried = await close();
  const early = open && Date.now() < timestampMs(open.endTime!) ? tried : undefined;
  await clients.campaigns.endCampaign({ campaignId });
  const rounds = await drawnRounds(stage);
  const again = await close();
  const late = await answered(() => clients.lotteries.submitBallot({ campaignId, userId: "late" }));
  return { rounds, open, early, again, late };
};

const drawnRounds = async ({ clients, campaign }: Stage): Promise<Round[]> => {
  const endMs = monotonicMs() + patienceMs;
  for (;;) {
    const rounds: Round[] = [];
    const list = (pageToken: string) =>
      clients.lotteries.listRounds({ campaignId: campaign.id, pageSize, pageToken });
    for await (const page of pages(list)) rounds.push(...page.rounds);
    if (rounds.every(({ state }) => state === State.DRAWN) || monotonicMs() >= endMs) return rounds;
    await sleep(pollMs);
  }
};
