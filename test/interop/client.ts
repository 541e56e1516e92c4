import type { JsonValue } from "@bufbuild/protobuf";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../../src/gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../../src/gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../../src/gen/allot/v1/participant_pb.js";
import { RaffleService } from "../../src/gen/allot/v1/raffle_pb.js";

/** One way to call the server, so that all of them can be put through the same questions. */
export interface Client {
  /** `method` is `CouponService/IssueCoupon`; request and answer are in protobuf's JSON. */
  call(method: string, request: JsonValue): Promise<Answer>;
  close(): Promise<void> | void;
}

/** Codes as gRPC spells them, `NOT_FOUND`; reason as in google.rpc.ErrorInfo. */
export type Answer = { ok: Record<string, JsonValue> } | { code: string; reason: string };

const services = [
  CampaignService,
  CodePoolService,
  CouponService,
  DrawService,
  LotteryService,
  ParticipantService,
  RaffleService,
];

export function methodNamed(method: string) {
  const found = services
    .flatMap((service) => service.methods)
    .find(({ parent, name }) => `${parent.name}/${name}` === method);
  if (found?.methodKind !== "unary") throw new Error(`${method} is not a method with one answer`);
  return found;
}

/** The first reason of ours in the bytes of a google.rpc.Status, which these clients don't decode. */
export function reasonIn(details: Uint8Array): string {
  return /[A-Z]+(?:_[A-Z]+)+\b/.exec(Buffer.from(details).toString("latin1"))?.[0] ?? "";
}
