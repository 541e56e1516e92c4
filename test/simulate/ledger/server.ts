import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { QueryResult } from "kysely";
import { schema } from "./schema.ts";

const tables = schema();

/** A statement that is written anew for each record, with its values in it. */
const written = "INSERT INTO entry";

const constraintPrimaryKey = 1555;
const constraintUnique = 2067;

export function isDuplicate(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === constraintPrimaryKey || errcode === constraintUnique;
}

/** Waits for the database; called back at most once. */
export interface Waiting {
  begin(): void;
}

/**
 * The ledger's database in place of MySQL: its tables in SQLite, one transaction at a time. Row locks would let some run side by side, so
 * this tries fewer interleavings than there are; what locks are for is tested on MySQL itself.
 */
export class LedgerServer {
  readonly #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  #holder: Waiting | undefined;
  readonly #queue: Waiting[] = [];

  /** `clock`: the time that leases end by, ms. */
  constructor(clock: () => number) {
    this.#db.exec(tables);
    this.#db.function("now_ms", () => Math.floor(clock()));
  }

  /** At once where nobody has it, else in turn. */
  acquire(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#next();
  }

  /** What was not committed is undone. Also for who still waits. */
  release(waiting: Waiting): void {
    if (this.#holder !== waiting) {
      const at = this.#queue.indexOf(waiting);
      if (at >= 0) this.#queue.splice(at, 1);
      return;
    }
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    this.#holder = undefined;
    this.#next();
  }

  #next(): void {
    if (this.#holder !== undefined) return;
    this.#holder = this.#queue.shift();
    this.#holder?.begin();
  }

  run<Row>(sql: string, parameters: readonly unknown[] = []): QueryResult<Row> {
    const statement = this.#statement(sql);
    const values = parameters as SQLInputValue[];
    if (statement.columns().length > 0) return { rows: statement.all(...values).map(withBuffers) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  close(): void {
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    if (sql.startsWith(written)) return this.#db.prepare(sql);
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(inSqliteWords(sql));
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function inSqliteWords(sql: string): string {
  return sql
    .replaceAll("cast(unix_timestamp(now(3)) * 1000 as signed)", "now_ms()")
    .replace(/ (for update|lock in share mode)$/, "")
    .replace(/^(\s*UPDATE [\s\S]*) LIMIT \d+\s*$/, "$1")
    .replace("on duplicate key update", "on conflict do update set")
    .replace(/\bvalues\((\w+)\)/g, "excluded.$1");
}

function withBuffers(row: Record<string, unknown>): object {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof Uint8Array)
      row[column] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return row;
}
