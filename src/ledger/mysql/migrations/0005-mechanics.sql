-- What the mechanics need of a campaign, and what an entry says beside its serial.

-- mechanic_settings: JSON, as in {"tickets":1000}. coupon_expire_ms, coupon_lifetime_ms: one of them at most. draw_secret, wrapped, and in
-- draw_commitment the SHA-256 of what is in it: NULL where nothing is drawn.
ALTER TABLE campaign ADD COLUMN mechanic_settings VARBINARY(1000) NOT NULL DEFAULT '{}' AFTER mechanic;

ALTER TABLE campaign ADD COLUMN require_registration TINYINT NOT NULL DEFAULT 0;

ALTER TABLE campaign ADD COLUMN coupon_expire_ms BIGINT NULL;

ALTER TABLE campaign ADD COLUMN coupon_lifetime_ms BIGINT NULL;

ALTER TABLE campaign ADD COLUMN draw_secret BLOB NULL;

ALTER TABLE campaign ADD COLUMN draw_commitment BINARY(32) NULL;

ALTER TABLE campaign ADD COLUMN draw_revealed TINYINT NOT NULL DEFAULT 0;

-- Of a million draws so many win it.
ALTER TABLE prize ADD COLUMN odds_ppm INT UNSIGNED NOT NULL DEFAULT 0;

-- number: of the user's entries of a day, from 1; 0: they have no numbers. drawn_no: the prize drawn, which may have run out: then prize_no
-- is 65535 like that of everything that won nothing, and serial NULL.
ALTER TABLE entry ADD COLUMN number SMALLINT UNSIGNED NOT NULL DEFAULT 0;

ALTER TABLE entry ADD COLUMN drawn_no SMALLINT UNSIGNED NULL;

-- What a campaign was at each of its revisions, as JSON: a draw is checked by the odds of the revision it was made under.
CREATE TABLE IF NOT EXISTS campaign_revision (
  campaign_no INT UNSIGNED NOT NULL,
  revision INT UNSIGNED NOT NULL,
  content MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (campaign_no, revision)
) ENGINE = InnoDB;
