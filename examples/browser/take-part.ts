import { createClient, type Transport } from "@connectrpc/connect";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../../src/gen/allot/v1/code_pool_pb.js";
import { type Coupon, CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../../src/gen/allot/v1/lottery_pb.js";
import { RaffleService } from "../../src/gen/allot/v1/raffle_pb.js";
import type { Refusal } from "../../src/gen/allot/v1/refusal_pb.js";
import { showDate, showTime, wordsFor } from "./words.ts";

/** What the page says: `in` is a ticket or a ballot that may win yet, `nothing` a draw without a prize. */
export interface Answer {
  kind: "won" | "in" | "nothing" | "refusal" | "trouble";
  /** It had been given before. */
  again?: boolean;
  note: string;
  code?: string;
  detail: string;
}

interface Wish {
  userId: string;
  requestId: string;
}

/** Takes part in campaigns, each in the way of its mechanic. */
export function participation(transport: Transport): (campaign: Campaign, wish: Wish) => Promise<Answer> {
  const coupons = createClient(CouponService, transport);
  const draws = createClient(DrawService, transport);
  const raffles = createClient(RaffleService, transport);
  const lotteries = createClient(LotteryService, transport);
  const pools = createClient(CodePoolService, transport);

  return async (campaign, wish) => {
    const campaignId = campaign.id;
    const request = { campaignId, ...wish };
    switch (campaign.mechanic.case) {
      case "instantWin": {
        const { outcome, replayed: again } = await draws.draw(request);
        if (outcome.case !== "draw") return refused(outcome);
        const { coupon, date } = outcome.value;
        if (coupon) return couponAnswer(campaign, coupon, again);
        const note = again ? "No prize today: it stays at that" : "No prize this time";
        return { kind: "nothing", again, note, detail: `Drawn on ${showDate(date)}.` };
      }
      case "raffle": {
        const { outcome, replayed: again } = await raffles.claimTicket(request);
        if (outcome.case !== "ticket") return refused(outcome);
        const { number, code } = outcome.value;
        // Winners may have been drawn since it was claimed.
        const { ticket } = again ? await raffles.verifyTicket({ campaignId, number, code }) : {};
        if (ticket?.prizeId) {
          const note = `Ticket ${number} won: ${prizeName(campaign, ticket.prizeId)}`;
          return { kind: "won", again, note, code, detail: "Show the code to have it." };
        }
        const note = `Ticket ${number} is ${again ? "already " : ""}yours`;
        return { kind: "in", again, note, code, detail: "Whoever shows the code holds the ticket." };
      }
      case "lottery": {
        const { outcome, replayed: again } = await lotteries.submitBallot(request);
        if (outcome.case !== "ballot") return refused(outcome);
        const { id, date } = outcome.value;
        const note = `Your ballot is ${again ? "already " : ""}in`;
        return { kind: "in", again, note, code: id, detail: `For the round of ${showDate(date)}.` };
      }
      case "codePool": {
        const { outcome, replayed: again } = await pools.assignCode(request);
        return outcome.case === "coupon" ? couponAnswer(campaign, outcome.value, again) : refused(outcome);
      }
      default: {
        const { outcome, replayed: again } = await coupons.issueCoupon(request);
        return outcome.case === "coupon" ? couponAnswer(campaign, outcome.value, again) : refused(outcome);
      }
    }
  };
}

function couponAnswer(campaign: Campaign, { code, prizeId, issueTime }: Coupon, again: boolean): Answer {
  const note = again ? "Already yours: the same code as before" : `Yours: ${prizeName(campaign, prizeId)}`;
  return { kind: "won", again, note, code, detail: `Given on ${showTime(issueTime!)}.` };
}

const prizeName = ({ prizes }: Campaign, id: string) => prizes.find((prize) => prize.id === id)?.name || id;

function refused(
  outcome: { case: "refusal"; value: Refusal } | { case: "error" | undefined; value?: unknown },
): Answer {
  if (outcome.case !== "refusal") throw new Error("an answer without an outcome");
  return { kind: "refusal", ...wordsFor(outcome.value) };
}
