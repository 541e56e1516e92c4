-- How the winners of raffles were drawn, and who they are.

-- digest: over all claims, in the order of their serials. entropy: as it was given.
CREATE TABLE IF NOT EXISTS raffle_draw (
  campaign_no INT UNSIGNED NOT NULL,
  tickets INT UNSIGNED NOT NULL,
  winners INT UNSIGNED NOT NULL,
  digest BINARY(32) NOT NULL,
  entropy BLOB NOT NULL,
  draw_ms BIGINT NOT NULL,
  PRIMARY KEY (campaign_no)
) ENGINE = InnoDB;

-- position: from 1, in the order drawn. serial: the ticket's.
CREATE TABLE IF NOT EXISTS raffle_winner (
  campaign_no INT UNSIGNED NOT NULL,
  position INT UNSIGNED NOT NULL,
  prize_no SMALLINT UNSIGNED NOT NULL,
  serial BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, position),
  UNIQUE KEY by_serial (campaign_no, serial)
) ENGINE = InnoDB;
