import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** A new file, and what the manifest says of it. */
export class HashedFile {
  bytes = 0;
  lines = 0;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Throws where there is a file already. */
  static async create(path: string): Promise<HashedFile> {
    return new HashedFile(await open(path, "wx"));
  }

  async write(lines: readonly unknown[]): Promise<void> {
    const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    this.bytes += text.length;
    this.lines += lines.length;
    this.#hash.update(text);
    await this.#file.writeFile(text);
  }

  /** Its SHA-256, in hexadecimal. */
  async close(): Promise<string> {
    await this.#file.sync();
    await this.#file.close();
    return this.#hash.digest("hex");
  }
}
