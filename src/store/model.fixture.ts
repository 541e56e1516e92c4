import { noPrize } from "../campaign/campaign.ts";
import { anyPool, nothing, poolAt } from "../campaign/plan.ts";

interface ModelCoupon {
  number: number;
  prizeNo: number;
  serial?: number | undefined;
}

interface ModelAsk {
  user: string;
  address: string;
  request?: string | undefined;
  pool?: number | undefined;
  /** Of a numbered plan, instead of `pool`. */
  choices?: number[] | undefined;
}

/**
 * First-come by the book, one take after the other, in plain maps; or `numbered`: entries are numbered by user and day, each number has a choice of
 * its own, and where nothing is left an entry is recorded.
 */
export function modelOf(
  quotas: number[],
  limits: { perUser: number; perUserPerDay: number; perAddress: number },
  kind: "first-come" | "numbered" = "first-come",
) {
  const isNumbered = kind === "numbered";
  const left = [...quotas];
  const byUser = new Map<string, ModelCoupon[]>();
  const byAddress = new Map<string, number>();
  const requests = new Map<string, { coupon: ModelCoupon; pool: number | undefined }>();
  const coupons: ModelCoupon[] = [];
  const choose = (choice: number) => {
    if (choice === nothing) return noPrize;
    if (choice === anyPool) return left.findIndex((stock) => stock > 0);
    const place = choice - poolAt(0);
    return left[place] === 0 ? -1 : place;
  };
  const model = (ask: ModelAsk): { says: string; coupon?: ModelCoupon } => {
    const recorded = ask.request === undefined ? undefined : requests.get(`${ask.user} ${ask.request}`);
    if (recorded)
      return recorded.pool === ask.pool ? { says: "again", coupon: recorded.coupon } : { says: "reused" };
    const mine = byUser.get(ask.user) ?? [];
    const here = byAddress.get(ask.address) ?? 0;
    const isOnce = limits.perUser === 1 || (isNumbered && limits.perUserPerDay === 1);
    if (isOnce && mine.length > 0) return { says: "again", coupon: mine.at(-1)! };
    if (limits.perUser > 0 && mine.length >= limits.perUser) return { says: "USER_LIMIT_REACHED" };
    if (limits.perUserPerDay > 0 && mine.length >= limits.perUserPerDay)
      return { says: "USER_LIMIT_REACHED" };
    if (limits.perAddress > 0 && here >= limits.perAddress) return { says: "ADDRESS_LIMIT_REACHED" };
    const number = isNumbered ? mine.length + 1 : 0;
    const wanted = ask.pool === undefined ? anyPool : poolAt(ask.pool);
    let prizeNo = choose(isNumbered ? ask.choices![number - 1]! : wanted);
    if (prizeNo < 0) {
      if (!isNumbered) return { says: "SOLD_OUT" };
      prizeNo = noPrize;
    }
    if (prizeNo !== noPrize) left[prizeNo] = left[prizeNo]! - 1;
    const coupon: ModelCoupon = { number, prizeNo };
    coupons.push(coupon);
    byUser.set(ask.user, [...mine, coupon]);
    byAddress.set(ask.address, here + 1);
    if (ask.request !== undefined) requests.set(`${ask.user} ${ask.request}`, { coupon, pool: ask.pool });
    return { says: "issued", coupon };
  };
  return Object.assign(model, { coupons, serials: () => new Set(coupons.map((coupon) => coupon.serial)) });
}
