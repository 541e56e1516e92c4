-- People, and the records of mutations by whatever they are made on.

-- subject: what a mutation was made on (a campaign's number, a user's hash), NULL only inside the transaction that creates it.
-- user_hash: the user whom request or answer names, if any.
ALTER TABLE mutation ADD COLUMN subject TEXT;
ALTER TABLE mutation ADD COLUMN user_hash BLOB;
UPDATE mutation SET subject = CAST(campaign_no AS TEXT);
ALTER TABLE mutation DROP COLUMN campaign_no;
CREATE INDEX mutation_by_user ON mutation (user_hash) WHERE user_hash IS NOT NULL;

-- Who registered, and who is banned. One row a user, whose place in the order of registration is no: who is banned first and registers later
-- gets a new one. phone: the number in E.164, sealed; phone_hash: its keyed hash, for look-up. Erasing makes user_id, phone, phone_hash and
-- register_ms NULL; the row goes on only for a ban.
-- ban_revision goes up with every ban and its lifting, at ban_change_ms. ban_pushed: 0, the store may not have been told of it in every
-- partition; 1, it was; 2, it was told again when nothing older could be on its way any more.
CREATE TABLE participant (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  user_hash BLOB NOT NULL UNIQUE,
  user_id TEXT,
  phone BLOB,
  phone_hash BLOB UNIQUE,
  register_ms INTEGER,
  banned INTEGER NOT NULL,
  ban_ms INTEGER,
  ban_reason TEXT NOT NULL,
  ban_revision INTEGER NOT NULL,
  ban_change_ms INTEGER NOT NULL,
  ban_pushed INTEGER NOT NULL
) STRICT;

CREATE INDEX participant_banned ON participant (no) WHERE banned = 1;
CREATE INDEX participant_unpushed ON participant (ban_change_ms) WHERE ban_pushed < 2;
