-- What was given out. One row an entry, written once, appended in the order of its key.
-- serial NULL: an entry that won nothing. user_id is what the caller named, user_hash its keyed hash; without a user it is the
-- request's hash, so that a request's coupon is found by it too.
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
  PRIMARY KEY (campaign_no, partition_no, epoch, n, i)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entry_by_serial ON entry (space_no, serial);

-- Entries of partition 0 by the hash of user, request and address; hashes of different kinds are never equal. It is no index of the
-- database's own, because hashes fall all over it: a page written for each of them would cost more than all the rest. Rows get here
-- later, those that are neighbours together; until then recent_entry has them.
CREATE TABLE entry_by_hash (
  hash BLOB NOT NULL,
  campaign_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  n INTEGER NOT NULL,
  i INTEGER NOT NULL,
  PRIMARY KEY (hash, campaign_no, epoch, n, i)
) STRICT, WITHOUT ROWID;

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
