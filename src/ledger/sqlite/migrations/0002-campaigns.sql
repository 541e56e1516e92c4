-- Campaigns, and the serials that belong to them.

-- One row for each code format in use. format_hash: SHA-256 of alphabet, length and prefix, because an alphabet may have
-- 65,536 symbols. total_length: of a whole code, in code points; formats of different total lengths never overlap.
CREATE TABLE code_space (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  alphabet TEXT NOT NULL,
  length INTEGER NOT NULL,
  prefix TEXT NOT NULL,
  total_length INTEGER NOT NULL,
  wrapped_key BLOB NOT NULL,
  next_serial INTEGER NOT NULL,
  format_hash BLOB NOT NULL UNIQUE
) STRICT;

CREATE INDEX code_space_by_length ON code_space (total_length);

CREATE TABLE campaign (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  name TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  time_zone TEXT NOT NULL,
  mechanic TEXT NOT NULL,
  per_user INTEGER NOT NULL,
  per_user_per_day INTEGER NOT NULL,
  per_address INTEGER NOT NULL,
  space_no INTEGER NOT NULL REFERENCES code_space (no),
  allow_guessable INTEGER NOT NULL,
  partitions INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  ended_ms INTEGER,
  deleted_ms INTEGER,
  retired INTEGER NOT NULL,
  pushed_revision INTEGER NOT NULL,
  create_ms INTEGER NOT NULL,
  update_ms INTEGER NOT NULL
) STRICT;

-- granted: serials of the prize that are not free: issued or in doubt. quota, daily_quota NULL: unlimited.
CREATE TABLE prize (
  campaign_no INTEGER NOT NULL REFERENCES campaign (no),
  no INTEGER NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  quota INTEGER,
  daily_quota INTEGER,
  attributes TEXT NOT NULL,
  granted INTEGER NOT NULL CHECK (granted >= 0),
  PRIMARY KEY (campaign_no, no)
) STRICT, WITHOUT ROWID;

-- What is granted of a daily quota, by day of the campaign's zone, as in 2026-11-20.
CREATE TABLE prize_day (
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  day TEXT NOT NULL,
  granted INTEGER NOT NULL CHECK (granted >= 0),
  PRIMARY KEY (campaign_no, prize_no, day)
) STRICT, WITHOUT ROWID;

-- The serials reserved for a prize; never changed or taken back.
CREATE TABLE prize_range (
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  PRIMARY KEY (campaign_no, prize_no, first)
) STRICT, WITHOUT ROWID;

-- Of these, the ones that are not granted. Neighbours are merged.
CREATE TABLE free_range (
  campaign_no INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  PRIMARY KEY (campaign_no, prize_no, first)
) STRICT, WITHOUT ROWID;
