import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { checked } from "../campaign/problem.ts";
import { lengthOf } from "../campaign/text.ts";
import type { Releases } from "../flows/releases.ts";
import {
  CouponService,
  type RevokeCouponRequest,
  type RevokeCouponResponse,
  RevokeCouponResponseSchema,
} from "../gen/allot/v1/coupon_pb.js";
import { discreet } from "../keys/discretion.ts";
import type { CouponRow } from "../ledger/entries.ts";
import type { CouponKey } from "../ledger/redemptions.ts";
import type { CatchUp } from "../redemption/catch-up.ts";
import { type CouponMessageDeps, couponMessages } from "./coupon-message.ts";
import { type FieldProblem, invalid } from "./errors.ts";
import { mutate } from "./mutation.ts";
import { couponNotFound } from "./redemption.ts";
import type { WrongGuesses } from "./wrong-guesses.ts";

export interface RevocationDeps extends CouponMessageDeps {
  catchUp: Pick<CatchUp, "broughtIn">;
  releases: Pick<Releases, "settle">;
  guesses: WrongGuesses;
}

const reasonMax = 200;

/** Takes a coupon back: in the ledger, then, where its quota is returned, in the store, and only then it is answered. */
export function revocation(
  deps: RevocationDeps,
  request: RevokeCouponRequest,
  context: HandlerContext,
): Promise<RevokeCouponResponse> {
  const { ledger, codes, secrets, releases, guesses } = deps;
  const { code, reason, returnQuota } = request;

  return mutate(ledger, CouponService.method.revokeCoupon, request, {
    discretion: discreet(secrets.mutationKey),
    async check() {
      const problems: FieldProblem[] = [];
      if (code === "") problems.push({ field: "code", problem: "It is required." });
      const length = lengthOf(reason);
      if (length < 1 || length > reasonMax) {
        problems.push({
          field: "reason",
          problem: `It must have 1 to ${reasonMax} characters, not ${length}.`,
        });
      }
      return checked(undefined, problems);
    },
    async make(_, mutation) {
      const lookUp = async () => {
        const key = await codes.decode(code);
        return key && findCoupon(deps, key);
      };
      const coupon = await guesses.guard(context, lookUp, couponNotFound);
      const { spaceNo, serial } = coupon;
      const revoked = await ledger.revoke({ spaceNo, serial, reason, returnQuota }, mutation);
      switch (revoked.kind) {
        case "revoked":
          return coupon;
        case "repeated":
          return undefined;
        case "not-found":
          throw couponNotFound();
        case "code-pool":
          throw notReturned("A pool gives out the codes it was made with: add another one to it instead.");
        case "no-room":
          throw notReturned("The campaign's code format has no code left for another coupon in its place.");
      }
    },
    async recall(subject): Promise<CouponRow> {
      const [spaceNo, serial] = subject.split(" ").map(Number);
      return (await ledger.coupon(spaceNo!, serial!))!;
    },
    async finish(coupon) {
      await releases.settle(coupon);
      const [message] = await couponMessages(deps, [coupon]);
      return create(RevokeCouponResponseSchema, { coupon: message! });
    },
  });
}

/** A coupon's entry, even of one that was issued a moment ago. */
export async function findCoupon(
  { ledger, catchUp }: Pick<RevocationDeps, "ledger" | "catchUp">,
  key: CouponKey,
): Promise<CouponRow | undefined> {
  const find = () => ledger.coupon(key.spaceNo, key.serial);
  return (await find()) ?? ((await catchUp.broughtIn(key)) ? find() : undefined);
}

const notReturned = (problem: string) => invalid([{ field: "return_quota", problem }]);
