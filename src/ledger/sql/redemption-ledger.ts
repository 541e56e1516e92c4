import type { Redemptions } from "../redemptions.ts";
import type { Database } from "./database.ts";
import { redeem } from "./redeem.ts";
import { campaignOfSerial, redemptions } from "./redemptions.ts";
import { isUnreleased, released, returned, unreleased } from "./returned.ts";
import { revoke } from "./revoke.ts";

export function sqlRedemptions(db: Database): Redemptions {
  const { kysely } = db;
  return {
    redeem: (asks) => redeem(db, asks),
    redemptions: (keys) => redemptions(db, kysely, keys),
    campaignOfSerial: (key) => campaignOfSerial(kysely, key),
    revoke: (revocation, mutation) => revoke(db, revocation, mutation),
    unreleased: (limit) => unreleased(kysely, limit),
    isUnreleased: (coupon) => isUnreleased(kysely, coupon),
    released: (coupon) => released(kysely, coupon),
    returned: (campaignNos) => returned(kysely, campaignNos),
  };
}
