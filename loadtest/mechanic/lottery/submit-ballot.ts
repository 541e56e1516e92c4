import { type Ballot, LotteryService } from "../../../src/gen/allot/v1/lottery_pb.js";
import { asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";

export const submitBallot = asking(LotteryService.method.submitBallot, ({ outcome, replayed }) =>
  answerOf(outcome, (ballot) => ({
    kind: "given",
    // What a ballot wins is for the round to say.
    given: { key: keyOf(ballot), userId: ballot.userId, campaignId: ballot.campaignId, prizeId: "" },
    replayed,
    outcome: replayed ? "ballot: replayed" : "ballot: new",
  })),
);

export const keyOf = ({ id, date, number }: Ballot): string => [id, date, number].join(" ");

export const partsOf = (key: string): { id: string; date: string; number: number } => {
  const [id, date, number] = key.split(" ") as [string, string, string];
  return { id, date, number: Number(number) };
};
