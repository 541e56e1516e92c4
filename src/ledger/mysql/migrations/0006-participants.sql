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
-- ban_revision goes up with every ban and its lifting, at ban_change_ms. ban_pushed: 0, the store may not have been told of it in every
-- partition; 1, it was; 2, it was told again when nothing older could be on its way any more.
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
  ban_pushed TINYINT NOT NULL,
  PRIMARY KEY (no),
  UNIQUE KEY by_user (user_hash),
  UNIQUE KEY by_phone (phone_hash),
  KEY banned (banned, no),
  KEY unpushed (ban_pushed, ban_change_ms)
) ENGINE = InnoDB;
