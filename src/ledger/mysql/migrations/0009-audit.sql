-- What managers did, or tried to: a row is here before a call is carried out, and learns its outcome afterwards. No personal data: user_hash
-- is the keyed hash by which the store knows a user.

-- id: a UUID of version 7, in the order of time_ms. actor: 'key:' and an API key's id, 'token:' and a token's subject, or 'anybody'.
-- campaign_id: empty where the call is about none, or named none that there is. outcome: OK, the reason of a refusal or an error, or empty: not
-- known, because the server died or could not write it down.
CREATE TABLE IF NOT EXISTS audit (
  id BINARY(16) NOT NULL,
  time_ms BIGINT NOT NULL,
  actor VARBINARY(140) NOT NULL,
  address VARBINARY(64) NOT NULL,
  method VARBINARY(64) NOT NULL,
  campaign_id VARBINARY(63) NOT NULL,
  user_hash BINARY(16) NULL,
  request_id VARBINARY(128) NOT NULL,
  outcome VARBINARY(64) NOT NULL,
  PRIMARY KEY (id),
  KEY audit_campaign (campaign_id, id)
) ENGINE = InnoDB;
