import { cp } from "node:fs/promises";
import { join } from "node:path";
import { mysqlProgram, serve } from "./mysql-program.ts";
import { mysqlTemplate } from "./mysql-template.ts";
import { serverFolder, type TestServer } from "./test-server.ts";

export type MysqlServer = TestServer;

export interface MysqlOptions {
  /** my.cnf settings over the usual ones, for example `{ "innodb-lock-wait-timeout": "1" }`. */
  config?: Record<string, string>;
  /** An existing empty folder to keep the data in; `stop` leaves it alone. */
  dir?: string;
  /** On top of this process's environment. */
  env?: Record<string, string>;
}

/**
 * A MariaDB or MySQL (whichever MYSQLD names) of the caller's own, every commit on disk. Its URL is that of a user who may
 * do everything, and of an empty database.
 */
export async function startMysql({ config = {}, dir, env }: MysqlOptions = {}): Promise<MysqlServer> {
  const program = mysqlProgram();
  const template = await mysqlTemplate(program);
  const folder = await serverFolder("mysql", dir);
  await cp(join(template, "data"), join(folder.dir, "data"), { recursive: true });
  return await serve(
    program,
    folder,
    Object.entries(config).map(([name, value]) => `--${name}=${value}`),
    env,
  );
}
