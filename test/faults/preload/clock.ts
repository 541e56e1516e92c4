import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { preload } from "./preload.ts";

/** The time of day of a process, to be moved while it runs. */
export class Clock {
  readonly #file: string;
  readonly env: Record<string, string>;
  offsetMs = 0;

  private constructor(file: string, library: string) {
    this.#file = file;
    this.env = { LD_PRELOAD: library, ALLOT_FAULT_CLOCK: file };
  }

  /** Kept in the folder. Undefined: not on this machine. */
  static async make(dir: string): Promise<Clock | undefined> {
    const library = await preload("clock");
    if (!library) return undefined;
    const clock = new Clock(join(dir, "clock-offset"), library);
    await clock.set(0);
    return clock;
  }

  /** Seen by the process at once, as the file is mapped into its memory. */
  async set(offsetMs: number): Promise<void> {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(offsetMs));
    await writeFile(this.#file, bytes, { flag: this.offsetMs === 0 && offsetMs === 0 ? "w" : "r+" });
    this.offsetMs = offsetMs;
  }
}
