import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryCompiler,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
  type SqliteStatement,
  type TransactionSettings,
} from "kysely";

/** How many statements stay prepared: the queries of the ledger are about 60 texts. */
const MAX_STATEMENTS = 200;

/** Kysely's SQLite dialect over a connection of Node's own driver. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(db: DatabaseSync) {
    const database = withStatementsKept(db);
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database });
  }

  override createQueryCompiler(): QueryCompiler {
    return new WithoutRowLocks();
  }
}

function withStatementsKept(db: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      let statement = prepared.get(sql);
      if (!statement) {
        // Lists of varying length make texts without end; the oldest goes.
        if (prepared.size === MAX_STATEMENTS) prepared.delete(prepared.keys().next().value!);
        statement = asKyselyExpects(db.prepare(sql));
        prepared.set(sql, statement);
      }
      return statement;
    },
    close: () => db.close(),
  };
}

function asKyselyExpects(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/**
 * Takes the write lock when a transaction begins, where another process's write is waited for. One that began by reading would be
 * refused at its first write if somebody had written since.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    const begin = settings?.accessMode === "read only" ? "begin" : "begin immediate";
    await connection.executeQuery(CompiledQuery.raw(begin));
  }
}

/** SQLite has one writer at a time: a row needs no lock of its own, and FOR UPDATE is no syntax here. */
class WithoutRowLocks extends SqliteQueryCompiler {
  protected override visitSelectModifier(
    node: Parameters<SqliteQueryCompiler["visitSelectModifier"]>[0],
  ): void {
    if (node.modifier !== "ForUpdate") super.visitSelectModifier(node);
  }
}
