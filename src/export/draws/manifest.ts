import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { manifestFile } from "./format.ts";
import { BadFile, decode } from "./lines.ts";

/** Throws BadFile where a file is not the one that was exported. */
export async function checkManifest(dir: string): Promise<void> {
  const path = join(dir, "manifest.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new BadFile(`There is no ${path}: it is written last, so this is no whole export.`);
  });
  for (const { name, sha256 } of decode(manifestFile, text, path).files) {
    const is = await sha256Of(join(dir, name));
    if (is !== sha256)
      throw new BadFile(`${join(dir, name)} was changed: its SHA-256 is ${is}, not ${sha256}.`);
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new BadFile(`There is no ${path}.`);
    throw error;
  }
  return hash.digest("hex");
}
