-- How the winners of raffles were drawn, and who they are.

-- digest: over all claims, in the order of their serials. entropy: as it was given.
CREATE TABLE raffle_draw (
  campaign_no INTEGER NOT NULL PRIMARY KEY,
  tickets INTEGER NOT NULL,
  winners INTEGER NOT NULL,
  digest BLOB NOT NULL,
  entropy BLOB NOT NULL,
  draw_ms INTEGER NOT NULL
) STRICT;

-- position: from 1, in the order drawn. serial: the ticket's.
CREATE TABLE raffle_winner (
  campaign_no INTEGER NOT NULL,
  position INTEGER NOT NULL,
  prize_no INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX raffle_winner_by_serial ON raffle_winner (campaign_no, serial);
