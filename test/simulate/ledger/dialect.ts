import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { LedgerUnavailable } from "../../../src/ledger/ledger.ts";
import { nowMs } from "../../../src/ledger/mysql/lending/partitions.ts";
import type { Database } from "../../../src/ledger/sql/database.ts";
import type { Schema } from "../../../src/ledger/sql/schema.ts";
import { joined } from "../../../src/ledger/sqlite/joined.ts";
import { isDuplicate, type LedgerServer } from "./server.ts";

/** What lies between a server and its database. Each rejects, with what the caller is to be told, where a connection breaks. */
export interface LedgerWire {
  connect(): Promise<void>;
  /** The database's turn, as long as anybody waits for it. */
  inTime(turn: Promise<void>): Promise<void>;
  /** A statement on its way there … */
  request(sql: string, parameters: readonly unknown[]): Promise<void>;
  /** … and its result on the way back. */
  reply(sql: string): Promise<void>;
}

/** The ledger as one of its servers has it open, as src/ledger/mysql/open.ts does; `cut` is what happens when that server dies. */
export function openLedger(server: LedgerServer, wire: LedgerWire): { database: Database; cut(): void } {
  const driver = new LedgerDriver(server, wire);
  const kysely = new Kysely<Schema>({ dialect: dialectOf(driver) });
  const database: Database = {
    kysely,
    write: (work) => kysely.transaction().execute(work),
    read: (work) => kysely.transaction().execute(work),
    isDuplicate,
    lends: true,
    clockMs: nowMs,
    joined,
    close: async () => {},
  };
  return { database, cut: () => driver.cut() };
}

const dialectOf = (driver: Driver): Dialect => ({
  createDriver: () => driver,
  createAdapter: () => new ManyConnections(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** Without this, kysely itself would let a server use one connection at a time. */
class ManyConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class LedgerDriver implements Driver {
  readonly #server: LedgerServer;
  readonly #wire: LedgerWire;
  readonly #open = new Set<Connection>();

  constructor(server: LedgerServer, wire: LedgerWire) {
    this.#server = server;
    this.#wire = wire;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#wire.connect();
    const connection = new Connection(this.#server, this.#wire);
    this.#open.add(connection);
    try {
      await this.#wire.inTime(connection.turn.promise);
    } catch (error) {
      await this.releaseConnection(connection);
      throw error;
    }
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (!(connection as Connection).isCut) await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#open.delete(connection as Connection);
    (connection as Connection).cut();
  }

  async destroy(): Promise<void> {}

  cut(): void {
    for (const connection of this.#open) connection.cut();
    this.#open.clear();
  }
}

class Connection implements DatabaseConnection {
  readonly turn = Promise.withResolvers<void>();
  readonly #server: LedgerServer;
  readonly #wire: LedgerWire;
  readonly #waiting = { begin: () => this.turn.resolve() };
  isCut = false;

  constructor(server: LedgerServer, wire: LedgerWire) {
    this.#server = server;
    this.#wire = wire;
    server.acquire(this.#waiting);
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      await this.#wire.request(sql, parameters);
    } catch (error) {
      this.cut();
      throw error;
    }
    if (this.isCut) throw new LedgerUnavailable("the connection is gone");
    const result = this.#server.run<Row>(sql, parameters);
    try {
      await this.#wire.reply(sql);
    } catch (error) {
      this.cut();
      throw error;
    }
    return result;
  }

  // biome-ignore lint/correctness/useYield: queries can't be streamed
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error("queries can't be streamed");
  }

  /** The database finds it closed, and undoes what it had begun. */
  cut(): void {
    this.isCut = true;
    this.#server.release(this.#waiting);
  }
}
