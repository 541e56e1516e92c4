import type { Redis } from "ioredis";

/** The Redis servers behind REDIS_URL: one, or a cluster's masters. */
export interface RedisServers {
  /** The connection to the server that serves a slot, as far as is known. Undefined: nobody is known to. */
  serving(slot: number): Redis | undefined;
  /** Every server that serves slots, reachable or not. */
  masters(): Redis[];
  /** Waits until all of them can be asked, at most `timeoutMs`; false: not in that time. */
  connected(timeoutMs: number): Promise<boolean>;
  close(): void;
}
