import { randomBytes } from "node:crypto";
import { createConnection } from "mysql2/promise";
import { afterAll, inject } from "vitest";

const created: string[] = [];

/**
 * The URL of a new, empty database on the run's shared MySQL or MariaDB, dropped after the file's last test.
 * Only in files named `*.mysql.test.ts`: the others run without that server.
 */
export async function freshDatabase(): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await execute(`CREATE DATABASE ${name}`);
  created.push(name);
  const url = new URL(sharedUrl());
  url.pathname = `/${name}`;
  return url.href;
}

afterAll(async () => {
  for (const name of created) await execute(`DROP DATABASE IF EXISTS ${name}`);
});

async function execute(statement: string): Promise<void> {
  const connection = await createConnection(sharedUrl());
  await connection.query(statement);
  await connection.end();
}

function sharedUrl(): string {
  const url = inject("mysqlUrl");
  if (!url) throw new Error("freshDatabase serves only files named *.mysql.test.ts");
  return url;
}
