import type { TestServer } from "../servers/test-server.ts";
import type { Ledger } from "./audit/ledger.ts";
import type { Hop } from "./hop.ts";
import type { Clock } from "./preload/clock.ts";
import type { Disk } from "./preload/disk.ts";

/** A process of ours with the ways it goes. */
export interface Member {
  name: string;
  process: TestServer;
  /** To Redis and to MySQL; embedded there are none. */
  hops: { redis?: Hop; mysql?: Hop };
}

/** A server, and the way to it. */
export interface ServingMember extends Member {
  door: Hop;
  url: string;
}

/** Real processes of a service, each behind proxies, and what they keep, in one folder. */
export interface Stand {
  kind: "lent" | "embedded";
  dir: string;
  servers: ServingMember[];
  /** A drain of its own; without one the servers drain. */
  drain: Member | undefined;
  redis: TestServer | undefined;
  mysql: TestServer | undefined;
  /** The ledger's tables beside the servers; embedded they are locked. */
  ledger: Ledger | undefined;
  /** Of processes by their names, where a C compiler is at hand. */
  clocks: Map<string, Clock>;
  disks: Map<string, Disk>;
  /** Starts whatever has ended by itself, as whoever runs services does; gives the names. */
  revive(): Promise<string[]>;
  /** Ends everything; the folder stays where it is to be looked at. */
  stop(keep: boolean): Promise<void>;
}

/** All processes of a stand, by name. */
export const processesOf = (stand: Stand): { name: string; process: TestServer }[] => [
  ...(stand.redis ? [{ name: "redis", process: stand.redis }] : []),
  ...(stand.mysql ? [{ name: "mysql", process: stand.mysql }] : []),
  ...stand.servers,
  ...(stand.drain ? [stand.drain] : []),
];
