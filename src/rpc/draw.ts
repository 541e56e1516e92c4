import type { ServiceImpl } from "@connectrpc/connect";
import type { Campaign } from "../campaign/campaign.ts";
import { dateAt } from "../campaign/day.ts";
import type { Draw, DrawRequest, DrawResponse, DrawService } from "../gen/allot/v1/draw_pb.js";
import type { Issued } from "../issuing/request.ts";
import { type DrawListDeps, listDraws } from "./draw-list.ts";
import { issuedCoupon, issueTime, refusalMessage, undecided } from "./issue-answer.ts";
import { answering } from "./outage.ts";
import { type IssuingDeps, type Taking, taking } from "./taking.ts";

export interface DrawServiceDeps extends IssuingDeps, DrawListDeps {}

type Methods = ServiceImpl<typeof DrawService>;

/** DrawService as allot/v1/draw.proto has it. */
export function createDrawService(deps: DrawServiceDeps): Methods {
  return {
    // A Later is awaited like a promise, which is all that connect does with it.
    draw: taking(deps, drawing) as unknown as Methods["draw"],
    listDraws: answering((request, context) => listDraws(deps, request, context)),
  };
}

const drawing: Taking<DrawRequest, DrawResponse> = {
  kind: "instant-win",
  answer(request, issued, { campaign }) {
    switch (issued.kind) {
      case "coupon":
      case "entry":
        return answered({ case: "draw", value: drawMessage(request, issued, campaign) }, issued.replayed);
      case "refusal":
        return answered({ case: "refusal", value: refusalMessage(issued) }, false);
      default:
        return undecided(request, issued);
    }
  },
};

/** Written out, as issue-answer.ts does. */
function answered(outcome: DrawResponse["outcome"], replayed: boolean): DrawResponse {
  return { $typeName: "allot.v1.DrawResponse", outcome, replayed };
}

function drawMessage(
  request: DrawRequest,
  issued: Extract<Issued, { kind: "coupon" | "entry" }>,
  campaign: Campaign,
): Draw {
  const won = issued.kind === "coupon";
  return {
    $typeName: "allot.v1.Draw",
    campaignId: request.campaignId,
    userId: request.userId,
    date: dateAt(campaign.timeZone, issued.issueMs),
    number: issued.number,
    prizeId: won ? issued.prizeId : "",
    ...(won && { coupon: issuedCoupon(request, issued, campaign) }),
    drawTime: issueTime(issued.issueMs),
  };
}
