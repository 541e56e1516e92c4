import type { Random } from "../simulate/random.ts";
import type { Stand } from "./stand.ts";

/** What a campaign counts its faults by. */
export const faultKinds = {
  server: "kill -9 of a server or drain",
  redis: "kill -9 of Redis",
  mysql: "kill -9 of MySQL",
  two: "kill -9 of two at once",
  hop: "lost, late and doubled replies at a hop",
  resource: "memory or disk full",
  clock: "clocks that jump by an hour",
  aof: "power loss under Redis",
  sqlite: "power loss under SQLite",
} as const;

export type FaultKind = keyof typeof faultKinds;

/** Ends what a fault did, where it does not end by itself; resolves when everything runs again. */
export type Heal = () => Promise<void>;

export interface Fault {
  name: string;
  kind: FaultKind;
  /** Where it can be done. */
  stands: Stand["kind"][];
  /** Needs a library that is compiled first. */
  needs?: "cc";
  /** Strikes, and says what it did; nothing heals by itself before `heal`. */
  inject(stand: Stand, random: Random): Promise<{ did: string; heal: Heal }>;
}
