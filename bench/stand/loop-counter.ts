import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const preload = fileURLToPath(new URL("./loop-turns.ts", import.meta.url));

/** Counts the turns of a server's event loop. */
export class LoopCounter implements Disposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async open(): Promise<LoopCounter> {
    return new LoopCounter(await mkdtemp(join(tmpdir(), "allot-turns-")));
  }

  /** What the server has to be started with. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--import ${preload}`, LOOP_TURNS_FILE: this.#file };
  }

  /** Turns since the process began. */
  async read(pid: number): Promise<number> {
    rmSync(this.#file, { force: true });
    process.kill(pid, "SIGUSR2");
    while (!existsSync(this.#file)) await delay(5);
    return Number(readFileSync(this.#file, "utf8"));
  }

  get #file(): string {
    return join(this.#dir, "turns");
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }
}
