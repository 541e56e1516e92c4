import type { DescMethod, DescMethodUnary } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { CampaignService } from "../../gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../../gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../../gen/allot/v1/coupon_pb.js";
import { DrawService } from "../../gen/allot/v1/draw_pb.js";
import { LotteryService } from "../../gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../../gen/allot/v1/participant_pb.js";
import { RaffleService } from "../../gen/allot/v1/raffle_pb.js";
import { createCampaignService } from "../../rpc/campaign.ts";
import { createCodePoolService } from "../../rpc/code-pool.ts";
import { createCouponService } from "../../rpc/coupon.ts";
import { createDrawService } from "../../rpc/draw.ts";
import { issueCouponCodec } from "../../rpc/issue-coupon-codec.ts";
import { issueCouponsCodec } from "../../rpc/issue-coupons-codec.ts";
import { createLotteryService } from "../../rpc/lottery.ts";
import { createParticipantService } from "../../rpc/participant.ts";
import { createRaffleService } from "../../rpc/raffle.ts";
import { WrongGuesses } from "../../rpc/wrong-guesses.ts";
import type { Codec } from "../../server/fast-lane/codec.ts";
import type { Parts } from "./parts.ts";

/** What the port offers beside health and reflection. */
export const services = [
  CampaignService,
  CouponService,
  DrawService,
  RaffleService,
  LotteryService,
  CodePoolService,
  ParticipantService,
];

/** Methods that are called often enough to be worth a codec of their own. */
export const codecs: ReadonlyMap<DescMethod, Codec> = new Map<DescMethod, Codec>([
  [CouponService.method.issueCoupon, issueCouponCodec],
  [CouponService.method.issueCoupons, issueCouponsCodec],
]);

/** Methods that take many things at once, whose messages may be larger. */
export const batches: ReadonlySet<DescMethodUnary> = new Set<DescMethodUnary>([
  CouponService.method.issueCoupons,
  CodePoolService.method.importCodes,
]);

export function serviceRoutes(parts: Parts, router: ConnectRouter): void {
  const { ledger, secrets, campaigns, codes, issuer, log } = parts;
  const { effects, partitions, flush } = parts.engine;
  const guesses = new WrongGuesses(parts.config.wrongCodesPerMinute);
  const clock = Date.now;
  const common = {
    ledger,
    secrets,
    campaigns,
    codes,
    issuer,
    log,
    effects,
    partitions,
    flush,
    guesses,
    clock,
  };
  router.service(CampaignService, createCampaignService(common));
  const { redeemer, catchUp, releases } = parts;
  router.service(CouponService, createCouponService({ ...common, redeemer, catchUp, releases }));
  router.service(DrawService, createDrawService(common));
  const { raffles, ticketCodes } = parts;
  router.service(RaffleService, createRaffleService({ ...common, raffles, codes: ticketCodes }));
  const { roundDraws: rounds, ballotIds } = parts;
  router.service(LotteryService, createLotteryService({ ...common, rounds, ballotIds }));
  router.service(CodePoolService, createCodePoolService(common));
  const { phones, bans } = parts;
  router.service(ParticipantService, createParticipantService({ ...common, phones, bans }));
}
