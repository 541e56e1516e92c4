-- What leaves by webhooks: facts, the endpoints that want them, and how far each of them is.

-- Facts of a campaign (0: of none) beside its entries, which are facts themselves. seq has no gaps. data: JSON that names coupons by
-- serial and users by hash, so that erasing somebody leaves nothing here.
CREATE TABLE event (
  campaign_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  create_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_by_time ON event (create_ms);

-- The last fact of each campaign that has any.
CREATE TABLE event_head (
  campaign_no INTEGER NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT;

-- Facts that follow from other rows (a campaign's time is up, a quota is used up) and have been appended, once.
CREATE TABLE event_told (
  campaign_no INTEGER NOT NULL,
  fact TEXT NOT NULL,
  PRIMARY KEY (campaign_no, fact)
) STRICT, WITHOUT ROWID;

-- types: names of events with commas between. campaign_no NULL: of all campaigns. The previous secret signs too, until its time.
-- retry_ms: when it was last asked to be tried at once. Failures are those in a row.
CREATE TABLE webhook_endpoint (
  no INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  types TEXT NOT NULL,
  campaign_no INTEGER,
  user_ids INTEGER NOT NULL,
  wrapped_secret BLOB NOT NULL,
  wrapped_previous BLOB,
  previous_until_ms INTEGER NOT NULL,
  create_ms INTEGER NOT NULL,
  disabled_ms INTEGER,
  retry_ms INTEGER NOT NULL,
  delivered_ms INTEGER,
  failures INTEGER NOT NULL,
  failing_ms INTEGER,
  next_ms INTEGER,
  problem TEXT NOT NULL,
  lease_owner TEXT,
  lease_until_ms INTEGER NOT NULL
) STRICT;

-- How far an endpoint is in a campaign. entries: how many of them lie behind it; places: behind which one, by partition, as JSON;
-- seq: the last event behind it.
CREATE TABLE webhook_position (
  endpoint_no INTEGER NOT NULL,
  campaign_no INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  places TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (endpoint_no, campaign_no)
) STRICT, WITHOUT ROWID;
