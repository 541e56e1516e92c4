import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";
import { type RedisServer, startRedis } from "./redis.ts";

const slots = 16_384;
const formedWithinMs = 20_000;

export interface RedisClusterOptions {
  masters?: number;
  /** redis.conf settings of every master, over startRedis' and those of a cluster. */
  config?: Record<string, string>;
}

/** A Redis Cluster of masters alone, each a server of its own that can be killed and restarted; the n-th holds the n-th run of slots. */
export class RedisClusterServers {
  readonly masters: readonly RedisServer[];

  private constructor(masters: RedisServer[]) {
    this.masters = masters;
  }

  static async start({ masters = 3, config }: RedisClusterOptions = {}): Promise<RedisClusterServers> {
    const members = await Promise.all(Array.from({ length: masters }, () => startMember(config)));
    const cluster = new RedisClusterServers(members.map(({ server }) => server));
    try {
      await form(members);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** What REDIS_URL is set to: at least two URLs, because one alone means one server. */
  get url(): string {
    const urls = this.masters.map(({ url }) => url);
    return [...urls, ...(urls.length === 1 ? urls : [])].join(",");
  }

  /** The master that a slot was given to. */
  holding(slot: number): RedisServer {
    return this.masters[Math.floor((slot * this.masters.length) / slots)]!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.masters.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface Member {
  server: RedisServer;
  busPort: number;
}

async function startMember(config: Record<string, string> = {}): Promise<Member> {
  // Usually 10,000 above the port, which may be taken.
  const busPort = await freePort();
  const server = await startRedis({
    config: {
      "cluster-enabled": "yes",
      "cluster-port": String(busPort),
      "cluster-node-timeout": "1000",
      "cluster-require-full-coverage": "no",
      "repl-diskless-sync-delay": "0",
      ...config,
    },
  });
  return { server, busPort };
}

/** Gives every member its slots and lets them meet; resolves when each of them knows who serves what. */
async function form(members: Member[]): Promise<void> {
  const clients = members.map(({ server }) => new Redis(server.port, "127.0.0.1"));
  try {
    const starts = [...clients.keys(), clients.length].map((no) => Math.ceil((no * slots) / clients.length));
    for (const [no, redis] of clients.entries()) {
      await redis.call("CLUSTER", "SET-CONFIG-EPOCH", String(no + 1));
      await redis.call("CLUSTER", "ADDSLOTSRANGE", String(starts[no]), String(starts[no + 1]! - 1));
    }
    for (const { server, busPort } of members.slice(1)) {
      await clients[0]!.call("CLUSTER", "MEET", "127.0.0.1", String(server.port), String(busPort));
    }
    const untilMs = performance.now() + formedWithinMs;
    for (;;) {
      const infos = await Promise.all(clients.map((redis) => redis.cluster("INFO")));
      const formed = (info: string) =>
        ["cluster_state:ok", `cluster_size:${clients.length}\r`].every((fact) => info.includes(fact));
      if (infos.every(formed)) return;
      if (performance.now() > untilMs) throw new Error(`the cluster did not form:\n${infos.join("\n")}`);
      await delay(20);
    }
  } finally {
    for (const redis of clients) redis.disconnect();
  }
}
