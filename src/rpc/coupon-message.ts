import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Coupon, CouponSchema, Coupon_State as State } from "../gen/allot/v1/coupon_pb.js";
import type { CodeBook } from "../issuing/code-book.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Ledger } from "../ledger/ledger.ts";

export interface CouponMessageDeps {
  codes: CodeBook;
  ledger: Ledger;
  secrets: Secrets;
}

/** Coupons as callers see them, from their entries: in the order of these, which all have serials. */
export async function couponMessages({ ledger, codes }: CouponMessageDeps, rows: Entry[]): Promise<Coupon[]> {
  const campaigns = new Map<number, Awaited<ReturnType<Ledger["campaignByNo"]>>>();
  for (const { campaignNo } of rows) {
    if (!campaigns.has(campaignNo)) campaigns.set(campaignNo, await ledger.campaignByNo(campaignNo));
  }
  const messages = new Map<Entry, Coupon>();
  for (const [spaceNo, ofSpace] of Map.groupBy(rows, (row) => row.spaceNo)) {
    codes.add(campaigns.get(ofSpace[0]!.campaignNo)!.space);
    const texts = await codes.encode(
      spaceNo,
      ofSpace.map((row) => row.serial!),
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
