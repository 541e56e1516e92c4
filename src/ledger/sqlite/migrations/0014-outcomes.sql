-- How many requests for a campaign were answered how, as the server counted them: figures to look at.
CREATE TABLE campaign_outcome (
  campaign_no INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (campaign_no, outcome)
) STRICT, WITHOUT ROWID;
