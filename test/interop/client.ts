import type { DescMethod, JsonObject, JsonValue } from "@bufbuild/protobuf";
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
  /** The first messages of a stream, so many or until it ends; then the call is given up. Absent: not with this client. */
  stream?(method: string, request: JsonValue, count: number): Promise<Answer<JsonObject[]>>;
  close(): Promise<void> | void;
}

/** Codes as gRPC spells them, `NOT_FOUND`; reason as in google.rpc.ErrorInfo. */
export type Answer<Ok = JsonObject> = { ok: Ok } | { code: string; reason: string };

const services = [
  CampaignService,
  CodePoolService,
  CouponService,
  DrawService,
  LotteryService,
  ParticipantService,
  RaffleService,
];

const methods = new Map(
  services.flatMap((service) => service.methods).map((one) => [`${one.parent.name}/${one.name}`, one]),
);

export function methodNamed(name: string, kind: "unary" | "server_streaming" = "unary"): DescMethod {
  const method = methods.get(name);
  if (method?.methodKind !== kind) throw new Error(`${name} is not a ${kind} method`);
  return method;
}

/** The first reason of ours in the bytes of a google.rpc.Status, which these clients don't decode. */
export function reasonIn(details: Uint8Array): string {
  return /[A-Z]+(?:_[A-Z]+)+\b/.exec(Buffer.from(details).toString("latin1"))?.[0] ?? "";
}
