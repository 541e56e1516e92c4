import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type QueryCompiler, SqliteDialect, SqliteQueryCompiler, type SqliteStatement } from "kysely";

/** How many statements stay prepared: the queries of the ledger are about 60 texts. */
const MAX_STATEMENTS = 200;

/** Kysely's SQLite dialect over a connection of Node's own driver. */
export class NodeSqliteDialect extends SqliteDialect {
  constructor(db: DatabaseSync) {
    const prepared = new Map<string, SqliteStatement>();
    super({
      database: {
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
      },
    });
  }

  override createQueryCompiler(): QueryCompiler {
    return new WithoutRowLocks();
  }
}

function asKyselyExpects(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/** SQLite has one writer at a time: a row needs no lock of its own, and FOR UPDATE is no syntax here. */
class WithoutRowLocks extends SqliteQueryCompiler {
  protected override visitSelectModifier(
    node: Parameters<SqliteQueryCompiler["visitSelectModifier"]>[0],
  ): void {
    if (node.modifier !== "ForUpdate") super.visitSelectModifier(node);
  }
}
