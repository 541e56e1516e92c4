import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { traitsOf } from "../campaign/mechanics.ts";
import type { RedemptionRequest } from "../campaign/redemption.ts";
import type { CouponService, GetCouponRequest, ListCouponsRequest } from "../gen/allot/v1/coupon_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type CouponMessageDeps, couponMessages } from "./coupon-message.ts";
import { type ErrorLog, type FieldProblem, invalid } from "./errors.ts";
import { issueCoupon } from "./issue-coupon.ts";
import { issueCoupons } from "./issue-coupons.ts";
import { answering } from "./outage.ts";
import { pageOf, pageToken } from "./pages.ts";
import { couponNotFound, type OrderRequest, type RedemptionDeps, redemption } from "./redemption.ts";
import { maySee, userOf } from "./requester.ts";
import { findCoupon, type RevocationDeps, revocation } from "./revocation.ts";
import { type IssuingDeps, taking } from "./taking.ts";

export type CouponServiceDeps = IssuingDeps &
  CouponMessageDeps &
  RedemptionDeps &
  RevocationDeps & { log: ErrorLog };

type Methods = ServiceImpl<typeof CouponService>;

export function createCouponService(deps: CouponServiceDeps): Methods {
  const order = (act: RedemptionRequest["act"]) =>
    answering((request: OrderRequest, context: HandlerContext) => redemption(deps, act, request, context));
  return {
    // A Later is awaited like a promise, which is all that connect does with it.
    issueCoupon: taking(deps, issueCoupon) as unknown as Methods["issueCoupon"],
    issueCoupons: answering((request, context) => issueCoupons(deps, request, context)),
    getCoupon: answering((request, context) => getCoupon(deps, request, context)),
    listCoupons: answering((request, context) => listCoupons(deps, request, context)),
    reserveCoupon: order("reserve"),
    confirmCoupon: order("confirm"),
    releaseCoupon: order("release"),
    redeemCoupon: order("redeem"),
    revokeCoupon: answering((request, context) => revocation(deps, request, context)),
  };
}

async function getCoupon(deps: CouponServiceDeps, { code }: GetCouponRequest, context: HandlerContext) {
  if (code === "") throw invalid([{ field: "code", problem: "It is required." }]);
  const lookUp = async () => {
    const key = await deps.codes.decode(code);
    const found = key && (await findCoupon(deps, key));
    // To a user, others' coupons are not there.
    return found && maySee(found.userId, context) ? found : undefined;
  };
  const row = await deps.guesses.guard(context, lookUp, couponNotFound);
  const [coupon] = await couponMessages(deps, [row]);
  return { coupon: coupon! };
}

async function listCoupons(deps: CouponServiceDeps, request: ListCouponsRequest, context: HandlerContext) {
  const { campaignId } = request;
  const userId = userOf(request.userId, context);
  const { secrets, ledger } = deps;
  const problems: FieldProblem[] = [];
  const query = ["ListCoupons", campaignId, userId];
  const page = pageOf(secrets.pageKey, query, request, problems);
  if (campaignId === "" && userId === "") {
    problems.push({ field: "campaign_id", problem: "A campaign_id or a user_id is required." });
  }
  if (problems.length > 0) throw invalid(problems);
  const campaign = campaignId === "" ? undefined : await ledger.campaign(campaignId);
  if (campaignId !== "" && !campaign) throw campaignNotFound(campaignId);
  // A raffle's tickets and a lottery's ballots would all be read to find none.
  if (campaign && !traitsOf(campaign.mechanic).hasCodes) return { coupons: [], nextPageToken: "" };
  const [partitionNo, epoch, n, i] = page.after ?? [];
  const rows = await ledger.coupons(
    {
      ...(campaign && { campaignNo: campaign.no }),
      ...(userId !== "" && { userHash: keyedHash(secrets.userHashKey, [userId]) }),
    },
    page.after && { partitionNo: partitionNo!, epoch: epoch!, n: n!, i: i! },
    page.size,
  );
  const last = rows.length === page.size ? rows.at(-1) : undefined;
  return {
    coupons: await couponMessages(deps, rows),
    nextPageToken: last
      ? pageToken(secrets.pageKey, query, [last.partitionNo, last.epoch, last.n, last.i])
      : "",
  };
}
