import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { type Migration, readMigrations } from "../sql/migrations.ts";
import { asLedgerError, isAltered, isDenied, isNoTable } from "./errors.ts";

const LOCK_SECONDS = 60;

/** Nothing that trying again would help; the message says what to do. */
class NotMigrated extends Error {
  override name = "NotMigrated";
}

/**
 * Brings the tables up to date and returns the names of the migrations it applied. Several servers may do this at once: they take turns.
 * A statement here takes as long as it takes, so this has a connection of its own, without a deadline.
 */
export async function migrate(url: string): Promise<string[]> {
  const connection = await createConnection({
    uri: url,
    connectTimeout: 5_000,
    charset: "utf8mb4_bin",
  }).catch((error) => {
    throw asLedgerError(error, "MySQL can't be reached");
  });
  // Whoever asks next is told.
  connection.on("error", () => {});
  try {
    await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
    await takeTurn(connection);
    return await applyMissing(connection);
  } catch (error) {
    if (error instanceof NotMigrated) throw error;
    // Gone in the middle of it, for instance: whoever starts goes on trying.
    throw asLedgerError(error as Error, "MySQL, while its tables were brought up to date");
  } finally {
    // The lock ends with the connection.
    connection.destroy();
  }
}

async function takeTurn(connection: Connection): Promise<void> {
  // Such locks are the server's: the name holds the database, hashed because it may have 64 characters at most.
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT DATABASE() AS name, GET_LOCK(CONCAT('allot migrate ', LEFT(SHA2(IFNULL(DATABASE(), ''), 256), 40)), ?) AS locked",
    [LOCK_SECONDS],
  );
  const { name, locked } = rows[0]!;
  if (name === null)
    throw new NotMigrated("MYSQL_URL names no database: add one, as in mysql://user@host/allot");
  if (locked !== 1)
    throw new NotMigrated(`another server has been migrating ${name} for ${LOCK_SECONDS} s: try again later`);
}

/** Where nothing is missing it only reads, so that servers need no rights to change tables. */
async function applyMissing(connection: Connection): Promise<string[]> {
  const applied = await appliedBefore(connection);
  const missing = readMigrations(new URL("./migrations/", import.meta.url)).filter(
    ({ name }) => !applied?.has(name),
  );
  try {
    if (applied === undefined) await connection.query(MIGRATION_TABLE);
    await apply(connection, missing);
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw new NotMigrated(
      "the tables are not this version's, and this user of MySQL may not change them: run `allot migrate` as one that may",
      { cause: error },
    );
  }
  return missing.map(({ name }) => name);
}

const MIGRATION_TABLE =
  "CREATE TABLE IF NOT EXISTS migration (name VARBINARY(64) NOT NULL PRIMARY KEY, applied_ms BIGINT NOT NULL) ENGINE = InnoDB";

/** Undefined: nothing ever was. */
async function appliedBefore(connection: Connection): Promise<Set<string> | undefined> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>("SELECT name FROM migration");
    return new Set(rows.map((row) => String(row.name)));
  } catch (error) {
    if (isNoTable(error)) return undefined;
    throw error;
  }
}

async function apply(connection: Connection, missing: Migration[]): Promise<void> {
  for (const { name, statements } of missing) {
    // DDL commits by itself, so that a death in between leaves part of a file: its statements can all be run again.
    for (const statement of statements) {
      await connection.query(statement).catch((error) => {
        if (!isAltered(statement, error)) throw error;
      });
    }
    await connection.query("INSERT INTO migration (name, applied_ms) VALUES (?, ?)", [name, Date.now()]);
  }
}
