-- Codes of pools: made ahead, or brought along. A pool's last prize_range grows where new serials are its neighbours.

-- Serials of a pool's prize that got a code at the same time, and when. made: of these, from the first, so many can be assigned; the rest is
-- reserved, and made in the steps that follow. A pool's quota is the sum of made, less what was deleted.
CREATE TABLE code_batch (
  space_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  size INTEGER NOT NULL,
  made INTEGER NOT NULL,
  campaign_no INTEGER NOT NULL,
  create_ms INTEGER NOT NULL,
  PRIMARY KEY (space_no, first)
) STRICT, WITHOUT ROWID;

CREATE INDEX code_batch_by_campaign ON code_batch (campaign_no, first);

-- Files of codes. imported: how many codes it brought; NULL: it has not been imported, and its rows go some time after update_ms.
CREATE TABLE code_upload (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  campaign_no INTEGER NOT NULL,
  upload_id TEXT NOT NULL,
  imported INTEGER,
  update_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX code_upload_by_id ON code_upload (campaign_no, upload_id);
CREATE INDEX code_upload_by_age ON code_upload (imported, update_ms);

-- Their parts. digest: SHA-256 of the codes. suspects: how many of them were found elsewhere when the part came, when `seen` uploads had been
-- imported.
CREATE TABLE code_chunk (
  upload_no INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  first INTEGER NOT NULL,
  size INTEGER NOT NULL,
  digest BLOB NOT NULL,
  suspects INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (upload_no, chunk)
) STRICT, WITHOUT ROWID;

-- What the serials stand for that have no code of their own: they are all of one space. Codes of uploads that have been imported are there
-- once; by_code is not unique because of the others. length: in code points.
CREATE TABLE imported_code (
  serial INTEGER NOT NULL PRIMARY KEY,
  upload_no INTEGER NOT NULL,
  length INTEGER NOT NULL,
  code TEXT NOT NULL
) STRICT;

CREATE INDEX imported_code_by_code ON imported_code (length, code);

-- Codes that were taken out of a pool. delete_ms NULL: it is to be, as soon as a store that has borrowed its serial gives it back.
CREATE TABLE deleted_code (
  space_no INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  campaign_no INTEGER NOT NULL,
  delete_ms INTEGER,
  PRIMARY KEY (space_no, serial)
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_code_by_campaign ON deleted_code (campaign_no, serial);
