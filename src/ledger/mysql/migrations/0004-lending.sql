-- What the store has borrowed, and how far its outboxes have been read.

-- epoch: the latest that began to be armed; armed_epoch: the latest that came into force, and durable says whether by the store's
-- settings nothing acknowledged in it can be lost by a restart. high_epoch, high_n: the last outbox entry recorded. arming_owner is
-- there while a partition is being armed. Leases end by this database's clock.
CREATE TABLE IF NOT EXISTS partition_state (
  no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  high_epoch INT UNSIGNED NOT NULL,
  high_n BIGINT UNSIGNED NOT NULL,
  clock_ms BIGINT NOT NULL,
  armed_epoch INT UNSIGNED NOT NULL,
  durable TINYINT NOT NULL,
  lease_owner VARBINARY(64) NULL,
  lease_until_ms BIGINT NOT NULL,
  arming_owner VARBINARY(64) NULL,
  arming_until_ms BIGINT NOT NULL,
  PRIMARY KEY (no)
) ENGINE = InnoDB;

-- A run of serials lent to a pool. size 0 with a reason in exhausted: a mark that there was nothing to lend. spent: how many of its
-- serials, from the first, the ledger knows to be given out. closed: none of it is left, or what was left is free or in doubt.
CREATE TABLE IF NOT EXISTS block (
  partition_no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  day VARBINARY(10) NOT NULL,
  number INT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size BIGINT UNSIGNED NOT NULL,
  spent BIGINT UNSIGNED NOT NULL,
  exhausted VARBINARY(8) NULL,
  closed TINYINT NOT NULL,
  PRIMARY KEY (partition_no, epoch, campaign_no, prize_no, day, number),
  KEY open_of_partition (partition_no, closed),
  KEY open_of_prize (campaign_no, prize_no, closed)
) ENGINE = InnoDB;

-- Outbox entries that contradict what is there, kept for people to look at.
CREATE TABLE IF NOT EXISTS dead_letter (
  no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  partition_no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  n BIGINT UNSIGNED NOT NULL,
  i INT UNSIGNED NOT NULL,
  problem VARBINARY(255) NOT NULL,
  content MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (no)
) ENGINE = InnoDB;
