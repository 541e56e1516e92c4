-- What the service as a whole remembers. The tables are those of MySQL, without the ones for a store that is apart.

CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whoever makes a code space holds this row, so that two overlapping formats are not made at once.
INSERT INTO setting (name, value) VALUES ('code-space-lock', '');

-- Random keys, wrapped by the master key.
CREATE TABLE secret (
  name TEXT NOT NULL PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- hash: SHA-256 of the key.
CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  hash BLOB NOT NULL,
  create_ms INTEGER NOT NULL,
  revoke_ms INTEGER
) STRICT, WITHOUT ROWID;

-- The first answer to every mutation. campaign_no is NULL only inside the transaction that creates the campaign.
CREATE TABLE mutation (
  method TEXT NOT NULL,
  request_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  campaign_no INTEGER,
  answer BLOB,
  create_ms INTEGER NOT NULL,
  PRIMARY KEY (method, request_id)
) STRICT, WITHOUT ROWID;
