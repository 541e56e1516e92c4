-- What the service as a whole remembers. Every statement can be run again: DDL is not transactional here.
-- Ids, codes and every other text we compare are VARBINARY: collations equate what we tell apart ('AB12' = 'ab12', 'u1' = 'u1 ').

-- The number of partitions, and rows that only serve as locks.
CREATE TABLE IF NOT EXISTS setting (
  name VARBINARY(64) NOT NULL,
  value VARBINARY(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB;

-- Whoever makes a code space holds this row, so that two overlapping formats are not made at once.
INSERT INTO setting (name, value)
SELECT 'code-space-lock', '' FROM (SELECT 1 AS one) AS dummy
WHERE NOT EXISTS (SELECT 1 FROM setting WHERE name = 'code-space-lock');

-- Random keys, wrapped by the master key.
CREATE TABLE IF NOT EXISTS secret (
  name VARBINARY(64) NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB;

-- hash: SHA-256 of the key.
CREATE TABLE IF NOT EXISTS api_key (
  id VARBINARY(64) NOT NULL,
  name VARBINARY(800) NOT NULL,
  role VARBINARY(16) NOT NULL,
  hash BINARY(32) NOT NULL,
  create_ms BIGINT NOT NULL,
  revoke_ms BIGINT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB;

-- The first answer to every mutation. campaign_no is NULL only inside the transaction that creates the campaign.
CREATE TABLE IF NOT EXISTS mutation (
  method VARBINARY(64) NOT NULL,
  request_id VARBINARY(128) NOT NULL,
  digest BINARY(32) NOT NULL,
  campaign_no INT UNSIGNED NULL,
  answer MEDIUMBLOB NULL,
  create_ms BIGINT NOT NULL,
  PRIMARY KEY (method, request_id)
) ENGINE = InnoDB;
