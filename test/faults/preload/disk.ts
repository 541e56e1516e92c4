import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../simulate/random.ts";
import { preload } from "./preload.ts";

const headBytes = 24;

/** A change that was not synced: what was there before it. */
interface Undo {
  offset: number;
  sizeBefore: number;
  before: Buffer;
}

/** The disk under one folder of a process: it can be full, and it can lose what was not synced. */
export class Disk {
  readonly #files: string;
  readonly #undo: string;
  readonly #full: string;
  readonly env: Record<string, string>;

  private constructor(files: string, notes: string, library: string, losesPower: boolean) {
    this.#files = files;
    this.#undo = join(notes, "undo");
    this.#full = join(notes, "full");
    this.env = {
      LD_PRELOAD: library,
      ALLOT_FAULT_FILES: files,
      ALLOT_FAULT_FULL: this.#full,
      ...(losesPower && { ALLOT_FAULT_UNDO: this.#undo }),
    };
  }

  /**
   * `files`: the folder; `notes`: another one, to keep what was there before. Only where it `losesPower` is that kept. Undefined: not on this
   * machine.
   */
  static async make(files: string, notes: string, losesPower: boolean): Promise<Disk | undefined> {
    const library = await preload("disk");
    if (!library) return undefined;
    const disk = new Disk(files, notes, library, losesPower);
    await mkdir(disk.#undo, { recursive: true });
    await writeFile(disk.#full, Buffer.alloc(1));
    return disk;
  }

  /** Seen by the process at once, as the file is mapped into its memory. */
  async setFull(isFull: boolean): Promise<void> {
    await writePart(this.#full, 0, Buffer.from([isFull ? 1 : 0]));
  }

  /**
   * What the power takes with it once the process is gone: in each file some of the changes that were not synced are there, from the first,
   * of the next one a part may be, and the others never were. Says how many were lost.
   */
  async losePower(random: Random): Promise<number> {
    let lost = 0;
    for (const name of await readdir(this.#files, { recursive: true })) {
      const path = join(this.#files, name);
      const { ino, size } = await stat(path);
      const undo = join(this.#undo, String(ino));
      const changes = readUndo(await readFile(undo).catch(() => Buffer.alloc(0)));
      const kept = random.between(0, changes.length);
      // Appended to only: a part of what came last may have got through.
      const torn = changes[kept];
      const isAppended = torn !== undefined && torn.offset === torn.sizeBefore && size > torn.offset;
      const tail = isAppended && random.chance(0.5) ? random.between(1, size - torn.offset) : 0;
      const part = tail > 0 ? await readPart(path, torn!.offset, tail) : undefined;
      for (const change of changes.slice(kept).toReversed()) await takeBack(path, change);
      if (part) await writePart(path, torn!.offset, part);
      lost += changes.length - kept;
      if (changes.length > 0) await writeFile(undo, "");
    }
    return lost;
  }
}

function readUndo(bytes: Buffer): Undo[] {
  const changes: Undo[] = [];
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const [offset, sizeBefore, length] = [0, 8, 16].map((field) => Number(bytes.readBigInt64LE(at + field)));
    const end = at + headBytes + length!;
    // Killed while it wrote this down, and so before the change itself.
    if (end > bytes.length) break;
    changes.push({ offset: offset!, sizeBefore: sizeBefore!, before: bytes.subarray(at + headBytes, end) });
    at = end;
  }
  return changes;
}

async function takeBack(path: string, { offset, sizeBefore, before }: Undo): Promise<void> {
  if (before.length > 0) await writePart(path, offset, before);
  await truncate(path, sizeBefore);
}

async function readPart(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  await file.close();
  return buffer.subarray(0, bytesRead);
}

async function writePart(path: string, offset: number, bytes: Buffer): Promise<void> {
  const file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}
