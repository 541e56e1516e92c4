import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FaultOptions } from "./arguments.ts";
import { type FaultKind, faultKinds } from "./fault.ts";
import type { Tally } from "./tally.ts";

const path = fileURLToPath(new URL("../../docs/faults.md", import.meta.url));

/** How many faults of a kind, and how many acknowledged coupons, the whole campaign is about. */
const targets: Partial<Record<FaultKind, number>> = {
  ...{
    server: 400,
    redis: 200,
    mysql: 200,
    two: 200,
    hop: 600,
    aof: 60,
    sqlite: 60,
    resource: 60,
    clock: 60,
  },
};
const acknowledgedTarget = 2_000_000;

const kinds = Object.keys(faultKinds) as FaultKind[];
const columns = [
  "date",
  "commit",
  "seeds",
  "rounds",
  "minutes",
  ...kinds,
  "acknowledged",
  "wrong",
  "well again after (s)",
];
const line = (cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
const header = line(columns);

/** The table of runs in docs/faults.md: one row a run, the sums say how far the campaign has come. */
export class Register {
  readonly #options: FaultOptions;
  readonly #startedMs = Date.now();
  readonly #commit = commit();
  readonly #before: Map<string, string>[];

  private constructor(options: FaultOptions, rows: string[]) {
    this.#options = options;
    this.#before = rows.map((row) => {
      const cells = row.split("|").map((cell) => cell.trim());
      return new Map(columns.map((column, i) => [column, cells[i + 1] ?? ""]));
    });
  }

  static async open(options: FaultOptions): Promise<Register> {
    return new Register(options, (await readTable()).rows);
  }

  /** Whether all runs together, with this one, have done what the campaign is about. */
  isComplete(tally: Tally): boolean {
    const done = (column: string, now: number) =>
      this.#before.reduce((sum, row) => sum + Number(row.get(column)!.replaceAll(",", "")), now);
    return (
      kinds.every((kind) => done(kind, tally.byKind.get(kind) ?? 0) >= (targets[kind] ?? 0)) &&
      done("acknowledged", tally.acknowledged) >= acknowledgedTarget
    );
  }

  /** Puts the row of this run under those that are there, instead of what it was before. */
  async write(tally: Tally): Promise<void> {
    const { above, rows, below } = await readTable();
    const { seed } = this.#options;
    const started = new Date(this.#startedMs).toISOString().slice(0, 16).replace("T", " ");
    const minutes = ((Date.now() - this.#startedMs) / 60_000).toFixed(1);
    const seconds = (ms: number) => (ms / 1_000).toFixed(2);
    const own = `| ${started} | ${this.#commit} | ${seed}–`;
    const row = line([
      ...[started, this.#commit, `${seed}–${seed + tally.rounds - 1}`, tally.rounds, minutes],
      ...kinds.map((kind) => tally.byKind.get(kind) ?? 0),
      ...[tally.acknowledged.toLocaleString("en-US"), tally.violations],
      `${seconds(tally.recoveryMedianMs)} median, ${seconds(tally.recoveryMaxMs)} at most`,
    ]);
    const others = rows.filter((other) => !other.startsWith(own));
    await writeFile(path, [...above, ...others, row, ...below].join("\n"));
  }
}

/** Read each time, because a run takes long and people write on the page meanwhile. */
async function readTable(): Promise<{ above: string[]; rows: string[]; below: string[] }> {
  const lines = (await readFile(path, "utf8")).split("\n");
  const at = lines.indexOf(header);
  if (at < 0) throw new Error(`docs/faults.md has no table with the header ${header}`);
  const first = at + 2;
  const past = lines.findIndex((one, i) => i >= first && !one.startsWith("|"));
  const end = past < 0 ? lines.length : past;
  return { above: lines.slice(0, first), rows: lines.slice(first, end), below: lines.slice(end) };
}

/** With a plus where the tree has changes of its own. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", cwd: fileURLToPath(new URL(".", import.meta.url)) }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "--", "../../src") ? "+" : ""}`;
}
