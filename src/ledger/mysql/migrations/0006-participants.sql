-- People, and the records of mutations by whatever they are made on.

-- subject: what a mutation was made on (a campaign's number, a user's hash), NULL only inside the transaction that creates it.
-- user_hash: the user whom request or answer names, if any.
ALTER TABLE mutation
  CHANGE COLUMN campaign_no subject VARBINARY(128) NULL,
  ADD COLUMN user_hash BINARY(16) NULL,
  ADD KEY by_user (user_hash);

-- Who registered, and who is banned. One row a user, whose place in the order of registration is no: who is banned first and registers later
-- gets a new one. phone: the number in E.164, sealed; phone_hash: its keyed hash, for look-up. Erasing makes user_id, phone, phone_hash and
-- register_ms NULL; the row goes on only for a ban.
-- ban_revision goes up with every ban and its lifting. ban_pushes: how often since then the store was told, in every partition, up to 2.
CREATE TABLE IF NOT EXISTS participant (
  no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  user_hash BINARY(16) NOT NULL,
  user_id VARBINARY(128) NULL,
  phone BLOB NULL,
  phone_hash BINARY(16) NULL,
  register_ms BIGINT NULL,
  banned TINYINT NOT NULL,
  ban_ms BIGINT NULL,
  ban_reason VARBINARY(800) NOT NULL,
  ban_revision INT UNSIGNED NOT NULL,
  ban_change_ms BIGINT NOT NULL,
  ban_pushes TINYINT NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_user (user_hash),
  UNIQUE KEY by_phone (phone_hash),
  KEY banned (banned, no),
  KEY unpushed (ban_pushes, ban_change_ms)
) ENGINE = InnoDB;
