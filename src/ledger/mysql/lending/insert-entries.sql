-- Records entries. Rows of literals follow in the order of the columns here, those first that neighbours have in common, and sorted by the
-- key's four: numbers, user_id as text, hashes as X'…', NULL for what is missing. Literals, because binding thousands of parameters costs
-- the client more time; and plain INSERT, because IGNORE would hide truncation and ON DUPLICATE KEY fires on either key.
INSERT INTO entry (
  partition_no, epoch, n, time_ms, campaign_no, revision, space_no, prize_no, number, drawn_no,
  i, serial, user_id, user_hash, request_hash, request_fields, address_hash
) VALUES
