import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { which } from "./binary.ts";
import { dataSettings, type MysqlProgram, serve } from "./mysql-program.ts";

const run = promisify(execFile);

/** MariaDB's root can't log in over TCP, so both flavours get a user of our own while they start. */
const FIRST_STATEMENTS = `
CREATE DATABASE allot;
CREATE USER 'allot'@'%' IDENTIFIED BY 'allot';
GRANT ALL PRIVILEGES ON *.* TO 'allot'@'%' WITH GRANT OPTION;
`;

/**
 * A folder with `data` of a server that was set up and shut down, to be copied. Setting up takes seconds, so it is done
 * once per machine, version and set of settings; whoever is done first wins.
 */
export async function mysqlTemplate(program: MysqlProgram): Promise<string> {
  const shelf = join(tmpdir(), `allot-mysql-templates-${userInfo().uid}`);
  const recipe = [program.binary, program.version, ...dataSettings(program, ""), FIRST_STATEMENTS];
  const template = join(shelf, createHash("sha256").update(recipe.join("\n")).digest("hex").slice(0, 16));
  if (existsSync(template)) return template;

  await mkdir(shelf, { recursive: true });
  const dir = await mkdtemp(join(shelf, "making-"));
  try {
    await initialise(program, dir);
    const statements = join(dir, "first.sql");
    await writeFile(statements, FIRST_STATEMENTS);
    const server = await serve(program, { dir, ownsDir: false }, [`--init-file=${statements}`]);
    await server.stop();
    // The server's identity, which copies must not share.
    await rm(join(dir, "data", "auto.cnf"), { force: true });
    await rename(dir, template).catch((error) => {
      if (!existsSync(template)) throw error;
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return template;
}

async function initialise(program: MysqlProgram, dir: string): Promise<void> {
  const settings = dataSettings(program, dir);
  if (program.flavour === "mysql") {
    await run(program.binary, [...program.first, "--initialize-insecure", ...settings]);
    return;
  }
  const beside = join(dirname(program.binary), "mariadb-install-db");
  const installer = existsSync(beside) ? beside : which("mariadb-install-db");
  if (!installer) throw new Error(`mariadb-install-db is neither beside ${program.binary} nor in PATH`);
  await run(installer, [
    "--no-defaults",
    "--skip-test-db",
    "--auth-root-authentication-method=normal",
    ...settings,
  ]);
}
