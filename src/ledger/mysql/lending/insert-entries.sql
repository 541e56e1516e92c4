-- Records entries. Rows of literals follow, up to 1,000 of them, in the order of the columns here and sorted by the key's four: numbers,
-- user_id as text, hashes as X'…', NULL for what is missing. Literals, because binding 15,000 parameters costs the client more
-- time and the server no less; and plain INSERT, because IGNORE would hide truncation and ON DUPLICATE KEY fires on either key.
INSERT INTO entry (
  partition_no, epoch, n, i, campaign_no, prize_no, revision, space_no, serial, time_ms,
  user_id, user_hash, request_hash, request_fields, address_hash
) VALUES
