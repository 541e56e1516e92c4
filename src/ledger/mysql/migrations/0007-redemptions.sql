-- What became of coupons after they were issued.

-- One row a coupon that somebody reserved, redeemed or revoked, written whole each time. Revoked: revoke_ms is set; else redeemed: redeem_ms is;
-- else reserved by order_id until reserve_until_ms, by this database's clock; NULL there: it was released. No index beside the key: thousands
-- of rows a second are written here.
CREATE TABLE IF NOT EXISTS redemption (
  space_no INT UNSIGNED NOT NULL,
  serial BIGINT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  order_id VARBINARY(128) NOT NULL,
  reserve_until_ms BIGINT NULL,
  redeem_ms BIGINT NULL,
  revoke_ms BIGINT NULL,
  revoke_reason VARBINARY(800) NOT NULL,
  PRIMARY KEY (space_no, serial)
) ENGINE = InnoDB;

-- Revoked coupons whose unit of the quota was given back: their entries stay, and count no more. released 0: the store may still count it
-- against its user's limits.
CREATE TABLE IF NOT EXISTS returned (
  campaign_no INT UNSIGNED NOT NULL,
  serial BIGINT UNSIGNED NOT NULL,
  space_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  released TINYINT NOT NULL,
  PRIMARY KEY (campaign_no, serial),
  KEY by_released (released)
) ENGINE = InnoDB;
