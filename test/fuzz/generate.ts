import type { DescMethod } from "@bufbuild/protobuf";
import type { Random } from "../simulate/random.ts";
import type { Corpus } from "./corpus.ts";
import { callInput } from "./grammar/calls.ts";
import { fileInput } from "./grammar/files.ts";
import { http1Input } from "./grammar/http1.ts";
import { http2Input } from "./grammar/http2.ts";
import type { Known } from "./grammar/known.ts";
import { settingsInput } from "./grammar/settings.ts";
import type { Input } from "./input.ts";
import type { Subject } from "./subject.ts";

export interface Sources {
  readonly random: Random;
  readonly corpus: Corpus;
  readonly known: Known;
  readonly methods: ReadonlyMap<string, DescMethod>;
  readonly credentials: readonly string[];
  /** Names of environment variables. */
  readonly variables: readonly string[];
  readonly nowMs: number;
}

/** The next input: from the grammar, or one that led somewhere new, changed. */
export function generate(subject: Subject, sources: Sources): Input {
  const { random, corpus, variables } = sources;
  const changed = random.chance(0.35) ? corpus.next(subject, random) : undefined;
  if (changed !== undefined) return changed;
  // Some with nothing wrong but where they are sent, some with little, some with much.
  const grammar = { ...sources, oddness: random.pick([0, 0.05, 0.05, 0.2, 0.5]) };
  switch (subject) {
    case "settings":
      return settingsInput(random, variables);
    case "import":
      return fileInput(random);
    case "http1":
      return http1Input(grammar);
    case "http2":
      return http2Input(grammar);
    default:
      return callInput(subject, grammar);
  }
}
