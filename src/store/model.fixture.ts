interface ModelCoupon {
  serial?: number | undefined;
}

/** First-come by the book, one take after the other, in plain maps. */
export function modelOf(
  quotas: number[],
  limits: { perUser: number; perUserPerDay: number; perAddress: number },
) {
  const left = [...quotas];
  const byUser = new Map<string, ModelCoupon[]>();
  const byAddress = new Map<string, number>();
  const requests = new Map<string, { coupon: ModelCoupon; pool: number | undefined }>();
  const coupons: ModelCoupon[] = [];
  const model = (ask: {
    user: string;
    address: string;
    request?: string | undefined;
    pool?: number | undefined;
  }): { says: string; coupon?: ModelCoupon } => {
    const recorded = ask.request === undefined ? undefined : requests.get(`${ask.user} ${ask.request}`);
    if (recorded)
      return recorded.pool === ask.pool ? { says: "again", coupon: recorded.coupon } : { says: "reused" };
    const mine = byUser.get(ask.user) ?? [];
    const here = byAddress.get(ask.address) ?? 0;
    if (limits.perUser === 1 && mine.length > 0) return { says: "again", coupon: mine.at(-1)! };
    if (limits.perUser > 0 && mine.length >= limits.perUser) return { says: "USER_LIMIT_REACHED" };
    if (limits.perUserPerDay > 0 && mine.length >= limits.perUserPerDay)
      return { says: "USER_LIMIT_REACHED" };
    if (limits.perAddress > 0 && here >= limits.perAddress) return { says: "ADDRESS_LIMIT_REACHED" };
    const pool = ask.pool ?? left.findIndex((stock) => stock > 0);
    if (pool < 0 || left[pool] === 0) return { says: "SOLD_OUT" };
    left[pool] = left[pool]! - 1;
    const coupon: ModelCoupon = {};
    coupons.push(coupon);
    byUser.set(ask.user, [...mine, coupon]);
    byAddress.set(ask.address, here + 1);
    if (ask.request !== undefined) requests.set(`${ask.user} ${ask.request}`, { coupon, pool: ask.pool });
    return { says: "issued", coupon };
  };
  return Object.assign(model, { coupons, serials: () => new Set(coupons.map((coupon) => coupon.serial)) });
}
