-- The embedded store's counters. They commit with the entries they led to, so there is no lending and no outbox.

-- One row a partition. high_n: the number of the last batch; clock_ms: the store's clock, which never runs backwards.
CREATE TABLE partition_state (
  no INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  high_epoch INTEGER NOT NULL,
  high_n INTEGER NOT NULL,
  clock_ms INTEGER NOT NULL
) STRICT;

-- Coupons by user, with the last one's serial.
CREATE TABLE claim (
  campaign_no INTEGER NOT NULL,
  user_hash BLOB NOT NULL,
  count INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, user_hash)
) STRICT, WITHOUT ROWID;

-- Every other bounded counter. day is '' where the rule does not depend on it.
CREATE TABLE counter (
  campaign_no INTEGER NOT NULL,
  rule TEXT NOT NULL,
  day TEXT NOT NULL,
  key BLOB NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, rule, day, key)
) STRICT, WITHOUT ROWID;

-- What a request id got.
CREATE TABLE request (
  campaign_no INTEGER NOT NULL,
  key BLOB NOT NULL,
  fields BLOB NOT NULL,
  serial INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, key)
) STRICT, WITHOUT ROWID;
