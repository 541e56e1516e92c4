-- Lotteries: a round a day, and who won.

-- start_ms, end_ms: the whole day, which the campaign's own times cut. state: 'open'; 'sealed', while it is being closed; 'waiting' for
-- entropy; 'drawn'. from_marks, marks: JSON [[partition, epoch, n], …], up to where entries were recorded, all at one moment: before the day
-- began, so that the round's ballots lie behind, and once all of them were recorded. quotas: JSON, how many win each prize, by its number, as
-- it was when the round was sealed. digest, entropy, draw_ms and how many ballots and winners there were: since it is drawn. Leases end by
-- the server's clock.
CREATE TABLE round (
  campaign_no INTEGER NOT NULL,
  date TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  from_marks TEXT,
  quotas TEXT,
  marks TEXT,
  ballots INTEGER,
  winners INTEGER,
  digest BLOB,
  entropy BLOB,
  draw_ms INTEGER,
  lease_owner TEXT,
  lease_until_ms INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, date)
) STRICT, WITHOUT ROWID;

CREATE INDEX round_by_state ON round (state, end_ms);

-- The ballots that won, in the order in which they were drawn.
CREATE TABLE round_winner (
  campaign_no INTEGER NOT NULL,
  date TEXT NOT NULL,
  rank INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  partition_no INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  n INTEGER NOT NULL,
  i INTEGER NOT NULL,
  user_hash BLOB NOT NULL,
  PRIMARY KEY (campaign_no, date, rank)
) STRICT, WITHOUT ROWID;

CREATE INDEX round_winner_by_user ON round_winner (campaign_no, date, user_hash);

-- Lotteries are looked for by what they are.
CREATE INDEX campaign_by_mechanic ON campaign (mechanic, start_ms);
