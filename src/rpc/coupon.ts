import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Reason } from "../campaign/reason.ts";
import {
  type Coupon,
  CouponSchema,
  type CouponService,
  type GetCouponRequest,
  type IssueCouponRequest,
  type IssueCouponResponse,
  IssueCouponResponseSchema,
  type ListCouponsRequest,
  Coupon_State as State,
} from "../gen/allot/v1/coupon_pb.js";
import { Reason as ReasonMessage } from "../gen/allot/v1/refusal_pb.js";
import type { CodeBook } from "../issuing/code-book.ts";
import type { Issued, Issuer } from "../issuing/issuer.ts";
import type { KnownCampaign, KnownCampaigns } from "../issuing/known-campaigns.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { CouponRow, Ledger } from "../ledger/ledger.ts";
import { callerAddress, countedAddress } from "../server/caller.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type FieldProblem, fault, invalid } from "./errors.ts";
import { outageAsFault } from "./outage.ts";
import { pageOf, pageToken } from "./pages.ts";

export interface CouponServiceDeps {
  campaigns: KnownCampaigns;
  codes: CodeBook;
  issuer: Issuer;
  ledger: Ledger;
  secrets: Secrets;
  /** Moves what was handed out until now into the ledger. */
  flush(): Promise<void>;
}

const idBytesMax = 128;

export function createCouponService(deps: CouponServiceDeps): ServiceImpl<typeof CouponService> {
  return {
    issueCoupon: answering((request, context) => issueCoupon(deps, request, context)),
    getCoupon: answering((request) => getCoupon(deps, request)),
    listCoupons: answering((request) => listCoupons(deps, request)),
  };
}

async function issueCoupon(
  deps: CouponServiceDeps,
  request: IssueCouponRequest,
  context: HandlerContext,
): Promise<IssueCouponResponse> {
  const { campaignId, userId, prizeId, requestId } = request;
  const known = campaignId === "" ? undefined : await deps.campaigns.known(campaignId);
  const problems = [...fieldProblems(request), ...(known ? campaignProblems(request, known) : [])];
  if (problems.length > 0) throw invalid(problems);
  if (!known) throw campaignNotFound(campaignId);
  // The caller's own is spelled as limits count it already.
  const address =
    request.address === "" ? context.values.get(callerAddress) : (countedAddress(request.address) ?? "");
  const issued = await deps.issuer.issue(known, { userId, prizeId, requestId, address });
  return issueResponse(request, issued);
}

function fieldProblems({ campaignId, userId, requestId, address }: IssueCouponRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  if (userId === "" && requestId === "") {
    problems.push({ field: "user_id", problem: "A user_id or a request_id is required." });
  }
  for (const [field, value] of [
    ["user_id", userId],
    ["request_id", requestId],
  ] as const) {
    const bytes = Buffer.byteLength(value);
    if (bytes > idBytesMax)
      problems.push({ field, problem: `It must be at most ${idBytesMax} bytes of UTF-8, not ${bytes}.` });
  }
  if (address !== "" && countedAddress(address) === undefined) {
    problems.push({ field: "address", problem: "It must be an IPv4 or IPv6 address." });
  }
  return problems;
}

function campaignProblems(
  { userId, prizeId }: IssueCouponRequest,
  { campaign, places }: KnownCampaign,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { perUser, perUserPerDay } = campaign.limits;
  if (userId === "" && (perUser > 0 || perUserPerDay > 0)) {
    problems.push({
      field: "user_id",
      problem: "It is required, because the campaign has a limit per user.",
    });
  }
  if (prizeId !== "" && !places.has(prizeId)) {
    const ids = [...places.keys()].slice(0, 10).join(", ");
    problems.push({ field: "prize_id", problem: `The campaign has no such prize. It has: ${ids}.` });
  }
  return problems;
}

function issueResponse(request: IssueCouponRequest, issued: Issued): IssueCouponResponse {
  switch (issued.kind) {
    case "coupon": {
      const coupon = create(CouponSchema, {
        code: issued.code,
        campaignId: request.campaignId,
        prizeId: issued.prizeId,
        userId: request.userId,
        state: State.ISSUED,
        issueTime: timestampFromMs(issued.issueMs),
      });
      return create(IssueCouponResponseSchema, {
        outcome: { case: "coupon", value: coupon },
        replayed: issued.replayed,
      });
    }
    case "refusal": {
      const retryTime = issued.retryMs === undefined ? undefined : timestampFromMs(issued.retryMs);
      const value = { reason: reasonMessage(issued.reason), retryTime };
      return create(IssueCouponResponseSchema, { outcome: { case: "refusal", value } });
    }
    case "reused":
      throw fault(
        "REQUEST_ID_REUSED",
        "request_id: it was used before with another prize_id or address; take a new one for a new request",
      );
    case "ledger-behind":
      throw fault(
        "LEDGER_BEHIND",
        "too many coupons are on their way to the ledger; try again with the same request_id",
      );
    case "not-found":
      throw campaignNotFound(request.campaignId);
  }
}

function reasonMessage(reason: Reason): ReasonMessage {
  return ReasonMessage[reason];
}

async function getCoupon(deps: CouponServiceDeps, { code }: GetCouponRequest) {
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
  if (!row) throw notFound();
  const [coupon] = await couponMessages(deps, [row]);
  return { coupon: coupon! };
}

async function listCoupons(deps: CouponServiceDeps, request: ListCouponsRequest) {
  const { campaignId, userId } = request;
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

async function couponMessages({ ledger, codes }: CouponServiceDeps, rows: CouponRow[]): Promise<Coupon[]> {
  const campaigns = new Map<number, Awaited<ReturnType<Ledger["campaignByNo"]>>>();
  for (const { campaignNo } of rows) {
    if (!campaigns.has(campaignNo)) campaigns.set(campaignNo, await ledger.campaignByNo(campaignNo));
  }
  const messages = new Map<CouponRow, Coupon>();
  for (const [spaceNo, ofSpace] of Map.groupBy(rows, (row) => row.spaceNo)) {
    codes.add(campaigns.get(ofSpace[0]!.campaignNo)!.space);
    const texts = codes.encode(
      spaceNo,
      ofSpace.map((row) => row.serial),
    );
    ofSpace.forEach((row, at) => {
      const campaign = campaigns.get(row.campaignNo)!;
      messages.set(
        row,
        create(CouponSchema, {
          code: texts[at]!,
          campaignId: campaign.id,
          prizeId: campaign.prizes[row.prizeNo]!.id,
          userId: row.userId,
          state: State.ISSUED,
          issueTime: timestampFromMs(row.timeMs),
        }),
      );
    });
  }
  return rows.map((row) => messages.get(row)!);
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
