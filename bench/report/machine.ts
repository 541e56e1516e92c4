import { cpus, totalmem } from "node:os";
import { redisBinary, versionOf, which } from "../../test/servers/binary.ts";
import { mysqlProgram } from "../../test/servers/mysql-program.ts";
import { http1Generator } from "../generator/http1.ts";

/** What figures depend on, without anything that tells one machine of a kind from another. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGib: number;
  node: string;
  redis: string;
  database: string;
  generators: string;
}

export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  redis: /\bv=(\S+)/.exec(versionOf(redisBinary()))?.[1] ?? "unknown",
  database: /\bVer (\S+)/.exec(mysqlProgram().version)?.[1] ?? "unknown",
  generators: [http1Generator, ...(which("h2load") ? ["h2load"] : [])].join(", "),
});
