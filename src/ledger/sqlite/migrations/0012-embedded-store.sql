-- What the embedded store keeps beside the entries.

-- Takes for days that begin before until_ms are refused.
CREATE TABLE sealed (
  campaign_no INTEGER NOT NULL PRIMARY KEY,
  until_ms INTEGER NOT NULL
) STRICT;

-- Entries that count no more, so that their users may take others in their place.
CREATE TABLE released (
  campaign_no INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, serial)
) STRICT, WITHOUT ROWID;

-- For takes, which ask whether their users are among the banned: these are few where participants are many.
CREATE INDEX participant_banned_by_hash ON participant (user_hash) WHERE banned = 1;
