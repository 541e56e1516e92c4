import { closeSync, openSync, readSync } from "node:fs";
import { createConnection } from "mysql2/promise";
import { mysqlBinary, versionOf } from "./binary.ts";
import { freePort } from "./free-port.ts";
import { TestServer } from "./test-server.ts";

/** The database server to test against. The two flavours differ in how they are set up and in a few settings. */
export interface MysqlProgram {
  flavour: "mariadb" | "mysql";
  binary: string;
  version: string;
  /** What has to come before all other arguments. */
  first: string[];
}

export function mysqlProgram(): MysqlProgram {
  const binary = mysqlBinary();
  const version = versionOf(binary);
  return {
    flavour: version.includes("MariaDB") ? "mariadb" : "mysql",
    binary,
    version,
    // It may be given only once, so a script around the server is expected to give it.
    first: isScript(binary) ? [] : ["--no-defaults"],
  };
}

/** Where the data is and how InnoDB lays it out: the same for making a data folder and for serving it. */
export function dataSettings(program: MysqlProgram, dir: string): string[] {
  return [
    `--datadir=${dir}/data`,
    // Of its own: a server that starts clears away what it takes for its last run's, and that is another one's that runs.
    `--tmpdir=${dir}`,
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    ...(program.flavour === "mariadb" ? ["--innodb-log-file-size=32M"] : ["--innodb-redo-log-capacity=64M"]),
  ];
}

/** Serves the data that is already in the folder. */
export async function serve(
  program: MysqlProgram,
  folder: { dir: string; ownsDir: boolean },
  extraArgs: string[],
  env?: Record<string, string>,
): Promise<TestServer> {
  const port = await freePort();
  const url = `mysql://allot:allot@127.0.0.1:${port}/allot`;
  return await TestServer.start({
    ...folder,
    name: program.flavour,
    command: program.binary,
    args: [
      ...program.first,
      ...dataSettings(program, folder.dir),
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      // Relative to the data folder: the whole path could be longer than a socket's may be.
      "--socket=server.sock",
      "--pid-file=server.pid",
      "--skip-name-resolve",
      "--character-set-server=utf8mb4",
      "--innodb-flush-log-at-trx-commit=1",
      "--innodb-buffer-pool-size=64M",
      "--performance-schema=OFF",
      ...(program.flavour === "mysql" ? ["--mysqlx=OFF"] : []),
      ...extraArgs,
    ],
    env,
    url,
    port,
    isReady: () => answers(url),
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await createConnection({ uri: url, connectTimeout: 1_000 });
    await connection.end();
    return true;
  } catch {
    return false;
  }
}

function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, "r");
  readSync(file, start);
  closeSync(file);
  return start.toString() === "#!";
}
