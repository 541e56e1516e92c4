-- What leaves by webhooks: facts, the endpoints that want them, and how far each of them is.

-- Facts of a campaign (0: of none) beside its entries, which are facts themselves. seq has no gaps. data: JSON that names coupons by
-- serial and users by hash, so that erasing somebody leaves nothing here.
CREATE TABLE IF NOT EXISTS event (
  campaign_no INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  type VARBINARY(64) NOT NULL,
  data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (campaign_no, seq),
  KEY by_time (create_ms)
) ENGINE = InnoDB;

-- The last fact of each campaign that has any. Whoever appends one holds this row.
CREATE TABLE IF NOT EXISTS event_head (
  campaign_no INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no)
) ENGINE = InnoDB;

-- Facts that follow from other rows (a campaign's time is up, a quota is used up) and have been appended, once.
CREATE TABLE IF NOT EXISTS event_told (
  campaign_no INT UNSIGNED NOT NULL,
  fact VARBINARY(64) NOT NULL,
  PRIMARY KEY (campaign_no, fact)
) ENGINE = InnoDB;

-- types: names of events with commas between. campaign_no NULL: of all campaigns. The previous secret signs too, until its time.
-- retry_ms: when it was last asked to be tried at once. Failures are those in a row; leases end by this database's clock.
CREATE TABLE IF NOT EXISTS webhook_endpoint (
  no INT UNSIGNED NOT NULL AUTO_INCREMENT,
  id VARBINARY(64) NOT NULL,
  url VARBINARY(2048) NOT NULL,
  types VARBINARY(1024) NOT NULL,
  campaign_no INT UNSIGNED NULL,
  user_ids TINYINT NOT NULL,
  wrapped_secret BLOB NOT NULL,
  wrapped_previous BLOB NULL,
  previous_until_ms BIGINT NOT NULL,
  create_ms BIGINT NOT NULL,
  disabled_ms BIGINT NULL,
  retry_ms BIGINT NOT NULL,
  delivered_ms BIGINT NULL,
  failures INT UNSIGNED NOT NULL,
  failing_ms BIGINT NULL,
  next_ms BIGINT NULL,
  problem VARBINARY(255) NOT NULL,
  lease_owner VARBINARY(64) NULL,
  lease_until_ms BIGINT NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_id (id)
) ENGINE = InnoDB;

-- How far an endpoint is in a campaign. entries: how many of them lie behind it; places: behind which one, by partition, as JSON;
-- seq: the last event behind it.
CREATE TABLE IF NOT EXISTS webhook_position (
  endpoint_no INT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  entries BIGINT UNSIGNED NOT NULL,
  places MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (endpoint_no, campaign_no)
) ENGINE = InnoDB;
