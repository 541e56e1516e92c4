import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What to type when a server is missing and the run may not install it. */
export const INSTALL_LINE =
  "sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server mariadb-server";

/** The Redis (or Valkey) server to test against: the program REDIS_SERVER names, else `redis-server`. */
export const redisBinary = () => locate("REDIS_SERVER", ["redis-server"]);

/** The MySQL or MariaDB server to test against: the program MYSQLD names, else `mariadbd` or `mysqld`. */
export const mysqlBinary = () => locate("MYSQLD", ["mariadbd", "mysqld"]);

/** Thrown when a program is not there and no variable says where else to look. */
export class MissingBinary extends Error {}

/** The program's path on this machine, or undefined. Daemons live in sbin, which is not in everybody's PATH. */
export function which(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The first line the program prints about its version: it tells MariaDB from MySQL and names caches. */
export function versionOf(binary: string): string {
  return execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
}

function locate(variable: string, names: string[]): string {
  const named = process.env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable}=${named} is not a program that can be run`);
    return named;
  }
  const found = names.map(which).find((path) => path !== undefined);
  if (!found) throw new MissingBinary(`${names.join(" or ")} is not installed. Type: ${INSTALL_LINE}`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
