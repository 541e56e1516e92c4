import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { clientsOf } from "../../test/client.ts";
import { startAllot } from "../../test/servers/allot.ts";
import { startMysql } from "../../test/servers/mysql.ts";
import { mysqlProgram } from "../../test/servers/mysql-program.ts";
import { startRedis } from "../../test/servers/redis.ts";
import type { TestServer } from "../../test/servers/test-server.ts";
import { type Spent, spentOn } from "../cpu/spent.ts";
import type { Driven } from "../generator/drive.ts";
import type { Turn } from "../rounds/turn.ts";
import { outcomesOf } from "./metrics.ts";

export interface StandOptions {
  /** Neither Redis nor a database beside it. */
  embedded?: boolean;
  args?: string[];
  env?: Record<string, string>;
}

/** A server of ours with fresh stores of its own, under load: what one benchmark leaves behind is no burden for the next. */
export class Stand {
  readonly allot: TestServer;
  readonly redis: TestServer | undefined;
  readonly database: TestServer | undefined;
  readonly clients: ReturnType<typeof clientsOf>;
  readonly pids: Record<string, number>;

  private constructor(allot: TestServer, redis: TestServer | undefined, database: TestServer | undefined) {
    this.allot = allot;
    this.redis = redis;
    this.database = database;
    this.clients = clientsOf(allot.url);
    this.pids = {
      server: allot.pid,
      ...(redis && { redis: redis.pid }),
      ...(database && { database: database.pid }),
    };
  }

  static async open({ embedded = false, args, env }: StandOptions = {}): Promise<Stand> {
    const [redis, database] = embedded
      ? []
      : await Promise.all([startRedis(), startMysql({ config: roomy(mysqlProgram().flavour) })]);
    const stores = redis && database && { REDIS_URL: redis.url, MYSQL_URL: database.url };
    const allot = await startAllot({ ...(args && { args }), env: { ...stores, ...env } });
    return new Stand(allot, redis, database);
  }

  get url(): string {
    return this.allot.url;
  }

  async createCampaign(id: string, options: { quota?: number; perUser?: number } = {}): Promise<string> {
    const { quota = 100_000_000, perUser = 1 } = options;
    return this.createCampaignOf(id, { prizes: [{ id: "p1", quota }], limits: { perUser } });
  }

  async createCampaignOf(id: string, wish: MessageInitShape<typeof CampaignSchema>): Promise<string> {
    const endTime = timestampFromMs(Date.now() + 86_400_000);
    await this.clients.campaigns.createCampaign({ campaign: { ...wish, id, endTime } });
    return id;
  }

  /** A turn of load, and what has to be waited for afterwards: the CPU is that of both, the time that of the load alone. */
  async turn(load: () => Promise<Driven>, afterwards?: () => Promise<unknown>): Promise<Turn & Driven> {
    const spent = await spentOn(this.pids, async () => {
      const driven = await load().catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await outcomesOf(this.url)}`);
      });
      await afterwards?.();
      return driven;
    });
    return turnOf(spent);
  }

  /** Resolves when all that was given out of the campaign is in the ledger; to how long that took. */
  async drained(campaignId: string): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const { campaign } = await this.clients.campaigns.getCampaign({ campaignId });
      const waitedMs = performance.now() - startMs;
      if (campaign!.stats!.undrained === 0) return waitedMs;
      if (waitedMs > 120_000) throw new Error("the ledger did not catch up within two minutes");
      await delay(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.allot.stop();
    await Promise.all([this.redis?.stop(), this.database?.stop()]);
  }
}

/** Room for the millions of rows of a run, where tests have settings for thousands. On disk before a commit is answered, as ever. */
const roomy = (flavour: "mariadb" | "mysql") => ({
  "innodb-buffer-pool-size": "2G",
  [flavour === "mariadb" ? "innodb-log-file-size" : "innodb-redo-log-capacity"]: "1G",
});

/** A turn of load on a yardstick. */
export async function yardstickTurn(server: TestServer, load: () => Promise<Driven>): Promise<Turn> {
  return turnOf(await spentOn({ server: server.pid }, load));
}

function turnOf({ value: driven, cpuMs, othersShare }: Spent<Driven>): Turn & Driven {
  const cpuUs = Object.fromEntries(
    Object.entries(cpuMs).map(([name, ms]) => [name, (ms * 1000) / driven.answers]),
  );
  return { ...driven, perSecond: driven.answers / driven.seconds, cpuUs, othersShare };
}
