-- Codes of pools: made ahead, or brought along. A pool's last prize_range grows where new serials are its neighbours.

-- Serials of a pool's prize that got a code at the same time, and when. made: of these, from the first, so many can be assigned; the rest is
-- reserved, and made in the steps that follow. A pool's quota is the sum of made, less what was deleted.
CREATE TABLE IF NOT EXISTS code_batch (
  space_no INT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size BIGINT UNSIGNED NOT NULL,
  made BIGINT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (space_no, first),
  KEY by_campaign (campaign_no, first)
) ENGINE = InnoDB;

-- Files of codes. imported: how many codes it brought; NULL: it has not been imported, and its rows go some time after update_ms.
CREATE TABLE IF NOT EXISTS code_upload (
  no INT UNSIGNED NOT NULL AUTO_INCREMENT,
  campaign_no INT UNSIGNED NOT NULL,
  upload_id VARBINARY(128) NOT NULL,
  imported BIGINT UNSIGNED NULL,
  update_ms BIGINT NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_id (campaign_no, upload_id),
  KEY by_age (imported, update_ms)
) ENGINE = InnoDB;

-- Their parts. digest: SHA-256 of the codes. suspects: how many of them were found elsewhere when the part came, when `seen` uploads had been
-- imported.
CREATE TABLE IF NOT EXISTS code_chunk (
  upload_no INT UNSIGNED NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  first BIGINT UNSIGNED NOT NULL,
  size INT UNSIGNED NOT NULL,
  digest BINARY(32) NOT NULL,
  suspects INT UNSIGNED NOT NULL,
  seen INT UNSIGNED NOT NULL,
  PRIMARY KEY (upload_no, chunk)
) ENGINE = InnoDB;

-- What the serials stand for that have no code of their own: they are all of one space. Codes of uploads that have been imported are there
-- once; by_code is not unique because of the others. length: in code points.
CREATE TABLE IF NOT EXISTS imported_code (
  serial BIGINT UNSIGNED NOT NULL,
  upload_no INT UNSIGNED NOT NULL,
  length TINYINT UNSIGNED NOT NULL,
  code VARBINARY(256) NOT NULL,
  PRIMARY KEY (serial),
  KEY by_code (length, code)
) ENGINE = InnoDB;

-- Codes that were taken out of a pool. delete_ms NULL: it is to be, as soon as a store that has borrowed its serial gives it back.
CREATE TABLE IF NOT EXISTS deleted_code (
  space_no INT UNSIGNED NOT NULL,
  serial BIGINT UNSIGNED NOT NULL,
  campaign_no INT UNSIGNED NOT NULL,
  delete_ms BIGINT NULL,
  PRIMARY KEY (space_no, serial),
  KEY by_campaign (campaign_no, serial)
) ENGINE = InnoDB;
