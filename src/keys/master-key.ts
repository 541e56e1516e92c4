import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";

const KEY_BYTES = 32;

/**
 * The master key of an embedded server: the file `master.key` in its directory, 32 bytes in base64, made (mode 0600) when there is
 * none. It appears whole or not at all, whatever stops the process; of several that make one at once, one wins.
 */
export async function masterKeyIn(directory: string): Promise<Buffer> {
  const path = join(directory, "master.key");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const text = (await textOf(path)) ?? (await make(directory, path));
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `${path} does not hold a master key (${KEY_BYTES} bytes in base64). Restore it from a backup: without it the data beside it can't be used.`,
    );
  }
  return key;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function make(directory: string, path: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  } finally {
    await unlink(draft);
  }
  const entry = await open(directory, "r");
  try {
    await entry.sync();
  } finally {
    await entry.close();
  }
  return readFile(path, "utf8");
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
