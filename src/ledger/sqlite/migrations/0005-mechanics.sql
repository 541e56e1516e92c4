-- What the mechanics need of a campaign, and what an entry says beside its serial.

-- mechanic_settings: JSON, as in {"tickets":1000}. coupon_expire_ms, coupon_lifetime_ms: one of them at most. draw_secret, wrapped, and in
-- draw_commitment the SHA-256 of what is in it: NULL where nothing is drawn.
ALTER TABLE campaign ADD COLUMN mechanic_settings TEXT NOT NULL DEFAULT '{}';

ALTER TABLE campaign ADD COLUMN require_registration INTEGER NOT NULL DEFAULT 0;

ALTER TABLE campaign ADD COLUMN coupon_expire_ms INTEGER;

ALTER TABLE campaign ADD COLUMN coupon_lifetime_ms INTEGER;

ALTER TABLE campaign ADD COLUMN draw_secret BLOB;

ALTER TABLE campaign ADD COLUMN draw_commitment BLOB;

ALTER TABLE campaign ADD COLUMN draw_revealed INTEGER NOT NULL DEFAULT 0;

-- Of a million draws so many win it.
ALTER TABLE prize ADD COLUMN odds_ppm INTEGER NOT NULL DEFAULT 0;

-- number: of the user's entries of a day, from 1; 0: they have no numbers. drawn_no: the prize drawn, which may have run out: then prize_no
-- is 65535 like that of everything that won nothing, and serial NULL.
ALTER TABLE entry ADD COLUMN number INTEGER NOT NULL DEFAULT 0;

ALTER TABLE entry ADD COLUMN drawn_no INTEGER;

-- The view has the columns that its table had when it was made.
DROP VIEW recent_entry;

CREATE VIEW recent_entry AS
  SELECT entry.* FROM partition_state AS state CROSS JOIN campaign CROSS JOIN entry
  WHERE state.no = 0 AND entry.campaign_no = campaign.no AND entry.partition_no = 0
    AND entry.epoch = state.indexed_epoch AND entry.n > state.indexed_n;

-- What a campaign was at each of its revisions, as JSON: a draw is checked by the odds of the revision it was made under.
CREATE TABLE campaign_revision (
  campaign_no INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  content TEXT NOT NULL,
  create_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, revision)
) STRICT, WITHOUT ROWID;
