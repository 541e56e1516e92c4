import type { DescService } from "@bufbuild/protobuf";
import type { CallerRole } from "../src/auth/caller.ts";
import { ROLES, rolesFor } from "../src/auth/roles.ts";
import { CampaignService } from "../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../src/gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../src/gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../src/gen/allot/v1/participant_pb.js";
import { RaffleService } from "../src/gen/allot/v1/raffle_pb.js";
import { isAudited } from "../src/rpc/audit.ts";

/** In the order of the contract. */
export const services: readonly DescService[] = [
  ...[CampaignService, CouponService, CodePoolService, DrawService, RaffleService, LotteryService],
  ParticipantService,
];

/** Who may call what, and what leaves a row in the audit log, as a table for the documentation. */
export function accessMarkdown(): string {
  const columns: readonly CallerRole[] = [...ROLES, "user"];
  const rows = services.flatMap((service) =>
    service.methods.map((method) => {
      const roles = rolesFor(service.typeName, method.name);
      const cells = columns.map((role) => (roles.includes(role) ? "yes" : ""));
      return `| ${method.name} | ${[...cells, isAudited(method) ? "yes" : ""].join(" | ")} |`;
    }),
  );
  const head = `| method | ${columns.join(" | ")} | in the audit log |`;
  return [head, `|${"---|".repeat(columns.length + 2)}`, ...rows, ""].join("\n");
}
