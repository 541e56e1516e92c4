import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Input, readInput, writeInput } from "./input.ts";

export interface Find {
  readonly seed: number;
  /** Which input it was, from 0; the last of those it may have been. */
  readonly at: number;
  readonly why: string;
  /** What was said: the answer, or lines of the log. */
  readonly said: string;
  /** The inputs that may have done it: one mostly, several where they were under way together. */
  readonly inputs: readonly Input[];
  /** Everything that this server was sent before, in order. */
  readonly before: readonly Input[];
}

/** Writes finds down, each kind once: the inputs, what the server was sent before, and the folder that it began with. */
export class Finds {
  readonly #folder: string;
  readonly #counts = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#counts.size;
  }

  /** Undefined: the same was found before. */
  add(find: Find, stateDir: string): string | undefined {
    const kind = `${find.why}\n${alike(find)}`;
    const times = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, times + 1);
    if (times > 0) return undefined;
    const folder = join(this.#folder, `find-${this.#counts.size}`);
    mkdirSync(folder, { recursive: true });
    cpSync(stateDir, join(folder, "data"), { recursive: true });
    const { inputs, before, ...about } = find;
    writeFileSync(join(folder, "find.json"), JSON.stringify(about, null, 2));
    writeFileSync(join(folder, "inputs.ndjson"), lines(inputs));
    writeFileSync(join(folder, "before.ndjson"), lines(before));
    return folder;
  }
}

const lines = (inputs: readonly Input[]) => inputs.map((input) => `${writeInput(input)}\n`).join("");

export const readLines = (text: string): Input[] => text.split("\n").filter(Boolean).map(readInput);

/** What finds of one kind have in common: the place in the code, or else the method. */
function alike({ said, inputs }: Find): string {
  const places = said.match(/\w[\w/.-]*\.ts:\d+/g);
  if (places !== null) return places.slice(0, 3).join(" ");
  const [input] = inputs;
  return input?.kind === "call" ? input.path.split("?", 1)[0]! : (input?.kind ?? "");
}
