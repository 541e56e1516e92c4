import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { CouponService, GetCouponRequest, ListCouponsRequest } from "../gen/allot/v1/coupon_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type CouponMessageDeps, couponMessages } from "./coupon-message.ts";
import { type ErrorLog, type FieldProblem, fault, invalid } from "./errors.ts";
import { issueCoupon } from "./issue-coupon.ts";
import { issueCoupons } from "./issue-coupons.ts";
import { outageAsFault } from "./outage.ts";
import { pageOf, pageToken } from "./pages.ts";
import { maySee, userOf } from "./requester.ts";
import { type IssuingDeps, taking } from "./taking.ts";

export interface CouponServiceDeps extends IssuingDeps, CouponMessageDeps {
  log: ErrorLog;
  /** Moves what was handed out until now into the ledger. */
  flush(): Promise<void>;
}

type Methods = ServiceImpl<typeof CouponService>;

export function createCouponService(deps: CouponServiceDeps): Methods {
  return {
    // A Later is awaited like a promise, which is all that connect does with it.
    issueCoupon: taking(deps, issueCoupon) as unknown as Methods["issueCoupon"],
    issueCoupons: answering((request, context) => issueCoupons(deps, request, context)),
    getCoupon: answering((request, context) => getCoupon(deps, request, context)),
    listCoupons: answering((request, context) => listCoupons(deps, request, context)),
  };
}

async function getCoupon(deps: CouponServiceDeps, { code }: GetCouponRequest, context: HandlerContext) {
  const notFound = () => fault("COUPON_NOT_FOUND", "there is no coupon with this code");
  if (code === "") throw invalid([{ field: "code", problem: "It is required." }]);
  const place = await deps.codes.decode(code);
  if (!place) throw notFound();
  let row = await deps.ledger.coupon(place.spaceNo, place.serial);
  if (!row) {
    // It may have been issued a moment ago.
    await deps.flush();
    row = await deps.ledger.coupon(place.spaceNo, place.serial);
  }
  // To a user, others' coupons are not there.
  if (!row || !maySee(row.userId, context)) throw notFound();
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

function answering<Request extends unknown[], Response>(answer: (...request: Request) => Promise<Response>) {
  return async (...request: Request): Promise<Response> => {
    try {
      return await answer(...request);
    } catch (thrown) {
      throw outageAsFault(thrown);
    }
  };
}
