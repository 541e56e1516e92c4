-- How many requests for a campaign were answered how, as the servers counted them: figures to look at.
CREATE TABLE IF NOT EXISTS campaign_outcome (
  campaign_no INT UNSIGNED NOT NULL,
  outcome VARBINARY(32) NOT NULL,
  count BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (campaign_no, outcome)
) ENGINE = InnoDB;
