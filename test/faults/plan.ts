import { Random } from "../simulate/random.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { Stand } from "./stand.ts";

const faultsARound = 3;
/** Rounds that one set of processes lives through. */
const roundsAStand = 12;
const embeddedShare = 0.15;

/** How often a kind of fault is chosen beside the others, on each kind of stand. */
const shares: Record<Stand["kind"], Partial<Record<FaultKind, number>>> = {
  lent: { server: 20, redis: 12, mysql: 12, two: 12, hop: 33, resource: 4, clock: 4, aof: 4 },
  embedded: { server: 20, hop: 20, resource: 10, clock: 10, sqlite: 40 },
};

/** What one round is made of: all of it follows from the seed. */
export interface Plan {
  seed: number;
  /** Rounds with the same one share a stand. */
  standSeed: number;
  stand: { kind: Stand["kind"]; drainApart: boolean };
  faults: Fault[];
}

/** The instants at which things happen do not follow from it: processes and the network are real. */
export function planRound(seed: number, choice: Fault[]): Plan {
  const standSeed = seed - (seed % roundsAStand);
  const ofStand = new Random(standSeed);
  const isPossible = (kind: Stand["kind"]) => choice.some(({ stands }) => stands.includes(kind));
  const isEmbedded = ofStand.chance(embeddedShare);
  const kind = !isPossible("lent") || (isEmbedded && isPossible("embedded")) ? "embedded" : "lent";
  const stand = { kind, drainApart: ofStand.chance(0.5) } as const;
  const random = new Random(seed);
  const here = choice.filter(({ stands }) => stands.includes(kind));
  return {
    seed,
    standSeed,
    stand,
    faults: Array.from({ length: faultsARound }, () => choose(here, kind, random)),
  };
}

/** Kinds by their shares, then any of the kind. */
function choose(from: Fault[], stand: Stand["kind"], random: Random): Fault {
  const kinds = new Set(from.map(({ kind }) => kind));
  const tickets = [...kinds].flatMap((kind) => Array<FaultKind>(shares[stand][kind] ?? 0).fill(kind));
  const chosen = random.pick(tickets);
  return random.pick(from.filter(({ kind }) => kind === chosen));
}
