-- What was given out. One row an entry, written once. The key begins with the campaign, though partition, epoch, n and i would do: so it
-- serves lists of a campaign's entries and their recovery too, and the hottest table needs no index for them. Rows of one campaign and
-- partition are appended in the order of their key.
-- serial NULL: an entry that won nothing. user_id is what the caller named, user_hash its keyed hash; without a user it is the
-- request's hash, so that by_user finds a request's coupon too.
CREATE TABLE IF NOT EXISTS entry (
  partition_no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  n BIGINT UNSIGNED NOT NULL,
  i SMALLINT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  revision INT UNSIGNED NOT NULL,
  space_no INT UNSIGNED NOT NULL,
  serial BIGINT UNSIGNED NULL,
  time_ms BIGINT NOT NULL,
  user_id VARBINARY(128) NOT NULL,
  user_hash BINARY(16) NOT NULL,
  request_hash BINARY(16) NULL,
  request_fields BINARY(8) NULL,
  address_hash BINARY(16) NULL,
  PRIMARY KEY (campaign_no, partition_no, epoch, n, i),
  UNIQUE KEY by_serial (space_no, serial),
  KEY by_user (user_hash, partition_no, epoch, n, i)
) ENGINE = InnoDB;

-- How many entries there are of a prize, written with them, because counting millions of rows takes seconds.
CREATE TABLE IF NOT EXISTS prize_count (
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  partition_no SMALLINT UNSIGNED NOT NULL,
  issued BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, partition_no),
  KEY by_partition (partition_no)
) ENGINE = InnoDB;

-- Serials set aside because a store lost data that it may have acknowledged.
CREATE TABLE IF NOT EXISTS doubt (
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size BIGINT UNSIGNED NOT NULL,
  partition_no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, first)
) ENGINE = InnoDB;
