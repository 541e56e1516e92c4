-- What became of coupons after they were issued.

-- One row a coupon that somebody reserved, redeemed or revoked, written whole each time. Revoked: revoke_ms is set; else redeemed: redeem_ms is;
-- else reserved by order_id until reserve_until_ms, by this machine's clock; NULL there: it was released.
CREATE TABLE redemption (
  space_no INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  campaign_no INTEGER NOT NULL,
  order_id TEXT NOT NULL,
  reserve_until_ms INTEGER,
  redeem_ms INTEGER,
  revoke_ms INTEGER,
  revoke_reason TEXT NOT NULL,
  PRIMARY KEY (space_no, serial)
) STRICT, WITHOUT ROWID;

-- Revoked coupons whose unit of the quota was given back: their entries stay, and count no more. released 0: the store may still count it
-- against its user's limits.
CREATE TABLE returned (
  campaign_no INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  space_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  released INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, serial)
) STRICT, WITHOUT ROWID;

CREATE INDEX returned_unreleased ON returned (campaign_no, serial) WHERE released = 0;
