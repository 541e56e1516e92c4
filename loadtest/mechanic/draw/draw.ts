import { type Draw, DrawService } from "../../../src/gen/allot/v1/draw_pb.js";
import { asking } from "../../sender/method.ts";
import { answerOf } from "../answer-of.ts";

export const askForDraw = asking(DrawService.method.draw, ({ outcome, replayed }) =>
  answerOf(outcome, (draw) => ({
    kind: "given",
    given: { key: keyOf(draw), userId: draw.userId, campaignId: draw.campaignId, prizeId: draw.prizeId },
    replayed,
    outcome: replayed ? "draw: replayed" : draw.prizeId === "" ? "draw: no prize" : "draw: prize",
  })),
);

/** All that a draw came to: what differs in anything is another one. */
export const keyOf = ({ date, number, userId, coupon }: Draw): string =>
  [date, number, userId, coupon?.code ?? ""].join(" ");

/** The parts of a key; user ids of the load test have no spaces. */
export const partsOf = (key: string): { date: string; number: number; userId: string; code: string } => {
  const [date, number, userId, code] = key.split(" ") as [string, string, string, string];
  return { date, number: Number(number), userId, code };
};
