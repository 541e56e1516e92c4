import { Random } from "../simulate/random.ts";
import { Corpus } from "./corpus.ts";
import { CoveredSource } from "./coverage/covered-source.ts";
import { Finds } from "./finds.ts";
import { ServerLife } from "./server-life.ts";
import type { Subject } from "./subject.ts";
import { allMethods } from "./target/services.ts";
import { makeStand } from "./target/stand.ts";

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly subjects: readonly Subject[];
  /** Where finds are written. */
  readonly findsDir: string;
  /** Told now and then how it goes. */
  readonly tell: (line: string) => void;
}

export interface FuzzSummary {
  inputs: number;
  /** Of the inputs, those that got a whole answer. */
  answered: number;
  /** Of the answers, those that were no errors. */
  accepted: number;
  /** Inputs that reached code nothing had reached before. */
  kept: number;
  /** Pieces of source that ran for the first time, and the characters in them. */
  newPieces: number;
  newChars: number;
  /** Of different kinds. */
  finds: number;
  /** By how much a server's heap grew between its first quarter and its end, the most there was. */
  heapGrowthBytes: number;
}

/** Generates inputs and sends them until there have been enough; whatever the server should not have done is a find. */
export async function fuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const own = new CoveredSource();
  own.start();
  const stand = await makeStand();
  const summary: FuzzSummary = {
    ...{ inputs: 0, answered: 0, accepted: 0, kept: 0 },
    ...{ newPieces: 0, newChars: 0, finds: 0, heapGrowthBytes: 0 },
  };
  const shared = {
    ...{ options, stand, own, summary },
    random: new Random(options.seed),
    methods: await allMethods(),
    corpus: new Corpus(),
    finds: new Finds(options.findsDir),
    covered: [],
    batchSize: 8,
  };
  try {
    while (summary.inputs < options.inputs) {
      const server = await stand.start();
      try {
        await new ServerLife(shared, server).spend();
      } finally {
        await server.kill();
      }
    }
  } finally {
    stand.remove();
  }
  return summary;
}
