import { RaffleService } from "../../../src/gen/allot/v1/raffle_pb.js";
import { asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";

export const claimTicket = asking(RaffleService.method.claimTicket, ({ outcome, replayed }) =>
  answerOf(outcome, ({ number, code, userId, campaignId }) => ({
    kind: "given",
    given: { key: `${number} ${code}`, userId, campaignId, prizeId: "" },
    replayed,
    outcome: replayed ? "ticket: replayed" : "ticket: new",
  })),
);

/** The parts of a ticket's key. */
export const partsOf = (key: string): { number: number; code: string } => {
  const [number, code] = key.split(" ") as [string, string];
  return { number: Number(number), code };
};
