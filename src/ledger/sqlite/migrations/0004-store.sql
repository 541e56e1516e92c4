-- The embedded store. What counts against limits are the entries themselves: there are no counters, no lending and no outbox.

-- One row a partition. high_n: the number of the last batch; clock_ms: the store's clock, which never runs backwards. Entries of
-- indexed_epoch above indexed_n may be missing in entry_by_hash; of other epochs none is.
CREATE TABLE partition_state (
  no INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  high_epoch INTEGER NOT NULL,
  high_n INTEGER NOT NULL,
  clock_ms INTEGER NOT NULL,
  indexed_epoch INTEGER NOT NULL,
  indexed_n INTEGER NOT NULL
) STRICT;

CREATE VIEW recent_entry AS
  SELECT entry.* FROM partition_state AS state CROSS JOIN campaign CROSS JOIN entry
  WHERE state.no = 0 AND entry.campaign_no = campaign.no AND entry.partition_no = 0
    AND entry.epoch = state.indexed_epoch AND entry.n > state.indexed_n;

-- A campaign whose entries up to here count no more.
CREATE TABLE forgotten (
  campaign_no INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  n INTEGER NOT NULL
) STRICT;

-- 0 to 999, to read a column of a batch in one statement.
CREATE TABLE row_number (no INTEGER PRIMARY KEY) STRICT;

INSERT INTO row_number
  WITH RECURSIVE numbers (no) AS (SELECT 0 UNION ALL SELECT no + 1 FROM numbers WHERE no < 999)
  SELECT no FROM numbers;
