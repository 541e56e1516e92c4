import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from "kysely";
import { createPool, format, type Pool, type PoolConnection, type QueryError } from "mysql2";
import { LedgerUnavailable } from "../ledger.ts";
import { asLedgerError, isDuplicate } from "./errors.ts";
import { typeCast } from "./type-cast.ts";

const CONNECTIONS = 10;
/** Callers that may wait for a connection; one more is told at once that the ledger is not to be had. */
const QUEUE = 1_000;
const CONNECT_MS = 2_000;
const timezone = "Z";
/** For a connection to be had, and again for each statement. */
export const DEADLINE_MS = 3_000;

/**
 * What a session has to be like, whatever the server's defaults are: errors instead of truncated values; backslashes that escape, because
 * mysql2 writes values into statements; times in UTC; locks given up before our own deadline is; texts joined whole; and no gap locks, which
 * would make strangers wait for each other.
 */
const SESSION = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 2, group_concat_max_len = 16777216",
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/**
 * mysql2's pool behind a bounded queue and deadlines. A connection that gave an error is closed instead of used again, since its
 * transaction may still be open; but a taken key is an answer like another.
 */
export class BoundedPool implements MysqlPool {
  readonly #pool: Pool;
  readonly #ready = new WeakSet<PoolConnection>();

  constructor(url: string) {
    this.#pool = createPool({
      uri: url,
      connectionLimit: CONNECTIONS,
      queueLimit: QUEUE,
      connectTimeout: CONNECT_MS,
      charset: "utf8mb4_bin",
      timezone,
      decimalNumbers: true,
      typeCast,
      queryFormat,
    });
  }

  getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    const { promise, resolve, reject } = Promise.withResolvers<MysqlPoolConnection>();
    promise.then(
      (connection) => callback(undefined, connection),
      (error) => callback(error, undefined as never),
    );
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new LedgerUnavailable(`MySQL: no connection within ${DEADLINE_MS} ms`));
    }, DEADLINE_MS);
    this.#pool.getConnection((error, connection) => {
      clearTimeout(timer);
      if (late) connection?.release();
      else if (error) reject(asLedgerError(error, "MySQL can't be reached"));
      else this.#prepared(connection).then(resolve, reject);
    });
  }

  end(callback: (error: unknown) => void): void {
    this.#pool.end(callback);
  }

  async #prepared(raw: PoolConnection): Promise<MysqlPoolConnection> {
    const connection = new BoundedConnection(raw);
    if (this.#ready.has(raw)) return connection;
    // Errors reach the callers of queries; without this one that comes when there is none would end the process.
    raw.on("error", () => {});
    try {
      for (const statement of SESSION) await connection.run(statement);
    } catch (error) {
      connection.release();
      throw error;
    }
    this.#ready.add(raw);
    return connection;
  }
}

class BoundedConnection implements MysqlPoolConnection {
  readonly #raw: PoolConnection;
  #broken = false;
  /** Why the connection is gone; what is asked of it later fails for the same reason. */
  #lost: LedgerUnavailable | undefined;

  constructor(raw: PoolConnection) {
    this.#raw = raw;
  }

  get config(): object {
    return this.#raw.config;
  }

  get threadId(): number {
    return this.#raw.threadId;
  }

  connect(callback?: (error: unknown) => void): void {
    this.#raw.connect(callback);
  }

  query(
    sql: string,
    parameters: unknown[],
    callback: (error: unknown, result: MysqlQueryResult) => void = () => {},
  ): ReturnType<MysqlPoolConnection["query"]> {
    if (this.#lost) {
      callback(this.#lost, undefined as never);
      return { stream: noStream };
    }
    let settled = false;
    const settle = (error: QueryError | Error | null, result?: unknown) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (error && !isDuplicate(error)) this.#broken = true;
      const failure = error && asLedgerError(error, "MySQL failed");
      if (failure instanceof LedgerUnavailable) this.#lost = failure;
      callback(failure, result as MysqlQueryResult);
    };
    const timer = setTimeout(() => {
      settle(new LedgerUnavailable(`MySQL: no answer within ${DEADLINE_MS} ms`));
      this.destroy();
    }, DEADLINE_MS);
    this.#raw.query(sql, parameters, settle);
    return { stream: noStream };
  }

  run(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.query(sql, [], (error) => (error ? reject(error) : resolve()));
    });
  }

  release(): void {
    if (this.#broken) this.destroy();
    else this.#raw.release();
  }

  destroy(): void {
    this.#broken = true;
    this.#raw.destroy();
    // mysql2 only says goodbye, and a server that does not answer would leave the socket open.
    (this.#raw as unknown as { stream: { destroy(): void } }).stream.destroy();
  }
}

/** As mysql2 does it, but without looking for the places of no values in the whole text: a record of a thousand rows has none. */
function queryFormat(sql: string, values: Parameters<typeof format>[1] & unknown[]): string {
  return values.length === 0 ? sql : format(sql, values, false, timezone);
}

/** Lists are read in pages, each within the deadline. */
function noStream(): never {
  throw new Error("queries can't be streamed");
}
