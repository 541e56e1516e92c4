-- Lotteries: a round a day, and who won.

-- start_ms, end_ms: the whole day, which the campaign's own times cut. state: 'open'; 'sealed', while it is being closed; 'waiting' for
-- entropy; 'drawn'. from_marks, marks: JSON [[partition, epoch, n], …], up to where entries were recorded, all at one moment: before the day
-- began, so that the round's ballots lie behind, and once all of them were recorded. quotas: JSON, how many win each prize, by its number, as
-- it was when the round was sealed. digest, entropy, draw_ms and how many ballots and winners there were: since it is drawn. Leases end by
-- this database's clock.
CREATE TABLE IF NOT EXISTS round (
  campaign_no INT UNSIGNED NOT NULL,
  date VARBINARY(10) NOT NULL,
  start_ms BIGINT NOT NULL,
  end_ms BIGINT NOT NULL,
  state VARBINARY(8) NOT NULL,
  from_marks TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  quotas TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  marks TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ballots BIGINT UNSIGNED NULL,
  winners INT UNSIGNED NULL,
  digest BINARY(32) NULL,
  entropy BLOB NULL,
  draw_ms BIGINT NULL,
  lease_owner VARBINARY(64) NULL,
  lease_until_ms BIGINT NOT NULL,
  PRIMARY KEY (campaign_no, date),
  KEY by_state (state, end_ms)
) ENGINE = InnoDB;

-- The ballots that won, in the order in which they were drawn.
CREATE TABLE IF NOT EXISTS round_winner (
  campaign_no INT UNSIGNED NOT NULL,
  date VARBINARY(10) NOT NULL,
  `rank` INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  partition_no SMALLINT UNSIGNED NOT NULL,
  epoch INT UNSIGNED NOT NULL,
  n BIGINT UNSIGNED NOT NULL,
  i SMALLINT UNSIGNED NOT NULL,
  user_hash BINARY(16) NOT NULL,
  PRIMARY KEY (campaign_no, date, `rank`),
  KEY by_user (campaign_no, date, user_hash)
) ENGINE = InnoDB;

-- Lotteries are looked for by what they are.
ALTER TABLE campaign ADD KEY by_mechanic (mechanic, start_ms);
