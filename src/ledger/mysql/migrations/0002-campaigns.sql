-- Campaigns, and the serials that belong to them.

-- One row for each code format in use. format_hash: SHA-256 of alphabet, length and prefix, because an alphabet may have
-- 65,536 symbols. total_length: of a whole code, in code points; formats of different total lengths never overlap.
CREATE TABLE IF NOT EXISTS code_space (
  no INT UNSIGNED NOT NULL AUTO_INCREMENT,
  alphabet MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  length SMALLINT UNSIGNED NOT NULL,
  prefix VARBINARY(128) NOT NULL,
  total_length SMALLINT UNSIGNED NOT NULL,
  wrapped_key BLOB NOT NULL,
  next_serial BIGINT UNSIGNED NOT NULL,
  format_hash BINARY(32) NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_format (format_hash),
  KEY by_length (total_length)
) ENGINE = InnoDB;

-- unpushed: some partition of the store has not been told of the latest revision.
CREATE TABLE IF NOT EXISTS campaign (
  no INT UNSIGNED NOT NULL AUTO_INCREMENT,
  id VARBINARY(63) NOT NULL,
  revision INT UNSIGNED NOT NULL,
  name VARBINARY(800) NOT NULL,
  start_ms BIGINT NOT NULL,
  end_ms BIGINT NOT NULL,
  time_zone VARBINARY(64) NOT NULL,
  mechanic VARBINARY(32) NOT NULL,
  per_user INT UNSIGNED NOT NULL,
  per_user_per_day INT UNSIGNED NOT NULL,
  per_address INT UNSIGNED NOT NULL,
  space_no INT UNSIGNED NOT NULL,
  allow_guessable TINYINT NOT NULL,
  partitions SMALLINT UNSIGNED NOT NULL,
  paused TINYINT NOT NULL,
  ended_ms BIGINT NULL,
  deleted_ms BIGINT NULL,
  retired TINYINT NOT NULL,
  pushed_revision INT UNSIGNED NOT NULL,
  unpushed TINYINT GENERATED ALWAYS AS (pushed_revision < revision) VIRTUAL,
  create_ms BIGINT NOT NULL,
  update_ms BIGINT NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_id (id),
  KEY by_unpushed (unpushed)
) ENGINE = InnoDB;

-- granted: serials of the prize that are not free: lent, issued or in doubt. quota, daily_quota NULL: unlimited.
CREATE TABLE IF NOT EXISTS prize (
  campaign_no INT UNSIGNED NOT NULL,
  no SMALLINT UNSIGNED NOT NULL,
  id VARBINARY(63) NOT NULL,
  name VARBINARY(800) NOT NULL,
  quota BIGINT UNSIGNED NULL,
  daily_quota BIGINT UNSIGNED NULL,
  attributes MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  granted BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, no)
) ENGINE = InnoDB;

-- What is granted of a daily quota, by day of the campaign's zone, as in 2026-11-20.
CREATE TABLE IF NOT EXISTS prize_day (
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  day VARBINARY(10) NOT NULL,
  granted BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, day)
) ENGINE = InnoDB;

-- The serials reserved for a prize; never changed or taken back.
CREATE TABLE IF NOT EXISTS prize_range (
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, first)
) ENGINE = InnoDB;

-- Of these, the ones that are not granted. Neighbours are merged.
CREATE TABLE IF NOT EXISTS free_range (
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, first)
) ENGINE = InnoDB;
