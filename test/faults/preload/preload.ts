import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { which } from "../../servers/binary.ts";

const run = promisify(execFile);

/** A library made of the C file of that name beside this one, once per machine and text; undefined: there is no C compiler, or no Linux. */
export async function preload(name: "clock" | "disk"): Promise<string | undefined> {
  const compiler = which("cc") ?? which("gcc") ?? which("clang");
  if (!compiler || process.platform !== "linux") return undefined;
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const digest = createHash("sha256")
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 16);
  const shelf = join(tmpdir(), `allot-preloads-${userInfo().uid}`);
  const library = join(shelf, `${name}-${digest}.so`);
  if (existsSync(library)) return library;
  await mkdir(shelf, { recursive: true });
  const made = `${library}.${process.pid}`;
  await run(compiler, ["-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"]);
  await rename(made, library);
  return library;
}
