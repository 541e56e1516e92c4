-- What was given out. One row an entry, written once, appended in the order of its key.
-- serial NULL: an entry that won nothing. user_id is what the caller named, user_hash its keyed hash; without a user it is the
-- request's hash, so that entry_by_user finds a request's coupon too.
CREATE TABLE entry (
  partition_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  n INTEGER NOT NULL,
  i INTEGER NOT NULL,
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  space_no INTEGER NOT NULL,
  serial INTEGER,
  time_ms INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  user_hash BLOB NOT NULL,
  request_hash BLOB,
  request_fields BLOB,
  address_hash BLOB,
  PRIMARY KEY (partition_no, epoch, n, i)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entry_by_serial ON entry (space_no, serial);
CREATE INDEX entry_by_campaign ON entry (campaign_no, partition_no, epoch, n, i);
CREATE INDEX entry_by_user ON entry (user_hash, partition_no, epoch, n, i);

-- How many entries there are of a prize, written with them, because counting millions of rows takes seconds.
CREATE TABLE prize_count (
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  partition_no INTEGER NOT NULL,
  issued INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, partition_no)
) STRICT, WITHOUT ROWID;

-- Serials set aside because a store lost data that it may have acknowledged.
CREATE TABLE doubt (
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  partition_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  create_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, prize_no, first)
) STRICT, WITHOUT ROWID;
