-- What managers did, or tried to: a row is here before a call is carried out, and learns its outcome afterwards. No personal data: user_hash
-- is the keyed hash by which the store knows a user.

-- id: a UUID of version 7, in the order of time_ms. actor: 'key:' and an API key's id, 'token:' and a token's subject, or 'anybody'.
-- campaign_id: empty where the call is about none, or named none that there is. outcome: OK, the reason of a refusal or an error, or empty: not
-- known, because the server died or could not write it down.
CREATE TABLE audit (
  id BLOB NOT NULL PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  method TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  user_hash BLOB,
  request_id TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_campaign ON audit (campaign_id, id);
