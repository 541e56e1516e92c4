import { Arming } from "../../src/flows/arming.ts";
import { Bans } from "../../src/flows/bans.ts";
import { Drain } from "../../src/flows/drain.ts";
import { LentEffects } from "../../src/flows/effects.ts";
import { Push } from "../../src/flows/push.ts";
import { Refill } from "../../src/flows/refill.ts";
import { Releases } from "../../src/flows/releases.ts";
import { Retire } from "../../src/flows/retire.ts";
import { runAll } from "../../src/flows/service.ts";
import { CodeBook } from "../../src/issuing/code-book.ts";
import { Issuer } from "../../src/issuing/issuer.ts";
import { KnownCampaigns } from "../../src/issuing/known-campaigns.ts";
import { Registration } from "../../src/issuing/registration.ts";
import { Tallies } from "../../src/issuing/tallies.ts";
import { openSecrets, type Secrets } from "../../src/keys/secrets.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Lending } from "../../src/ledger/lending.ts";
import { entryErasers } from "../../src/ledger/mysql/erase-entries.ts";
import { mysqlLending } from "../../src/ledger/mysql/lending/lending.ts";
import { sqlLedger } from "../../src/ledger/sql/ledger.ts";
import { Batcher } from "../../src/store/batcher.ts";
import { partitionKeys } from "../../src/store/redis/keys.ts";
import { RedisPartition } from "../../src/store/redis/partition.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Owner } from "./clock.ts";
import { openLedger } from "./ledger/dialect.ts";
import type { LedgerServer } from "./ledger/server.ts";
import { ledgerWire, type Reach } from "./ledger/wire.ts";
import { worldLog } from "./log.ts";
import { redisClient } from "./redis/client.ts";
import { RedisConnection } from "./redis/connection.ts";
import type { RedisHost } from "./redis/host.ts";
import type { World } from "./world.ts";

/** What servers share. */
export interface Backends {
  ledger: LedgerServer;
  reach: Reach;
  /** Which host is the master of a partition now. */
  master(partitionNo: number): RedisHost;
  /** Partitions on masters of their own, by number. */
  masters: number;
  partitions: number;
}

export const masterKey = Buffer.alloc(32, 7);
const outboxMaxBytes = 20_000;

/** A running server: what src/commands/serve.ts and src/engine/lent.ts put together, without its port and what is told to the outside. */
export interface Running {
  ledger: Ledger;
  lending: Lending;
  secrets: Secrets;
  codes: CodeBook;
  campaigns: KnownCampaigns;
  issuer: Issuer;
  effects: LentEffects;
  bans: Bans;
  releases: Releases;
  arming: Arming;
  drain: Drain;
}

/** One server process, as often as it is started. */
export class Server {
  readonly name: string;
  readonly #world: World;
  readonly #backends: Backends;
  #owner: Owner;
  #running: Running | undefined;
  #drop: () => void = () => {};

  constructor(world: World, backends: Backends, name: string) {
    this.name = name;
    this.#world = world;
    this.#backends = backends;
    this.#owner = { ...world.owner(name), isDead: true };
  }

  get owner(): Owner {
    return this.#owner;
  }

  /** Undefined: it can't be asked. */
  get running(): Running | undefined {
    return this.#owner.isDead ? undefined : this.#running;
  }

  get isUp(): boolean {
    return !this.#owner.isDead;
  }

  start(): void {
    if (!this.#owner.isDead) return;
    const owner = this.#world.owner(this.name);
    this.#owner = owner;
    this.#running = undefined;
    owner.skewMs = this.#world.random.between(-50, 50);
    this.#world.clock.after(owner, 0, () => void this.#boot(owner));
  }

  kill(): void {
    if (this.#owner.isDead) return;
    this.#owner.isDead = true;
    this.#drop();
  }

  async #boot(owner: Owner): Promise<void> {
    const world = this.#world;
    const { ledger: database, reach, partitions: count, masters } = this.#backends;
    const opened = openLedger(database, ledgerWire(world, owner, reach));
    const connections = Array.from(
      { length: masters },
      (_, m) => new RedisConnection(world, owner, () => this.#backends.master(m)),
    );
    this.#drop = () => {
      opened.cut();
      for (const connection of connections) connection.drop();
    };
    try {
      const ledger = sqlLedger(opened.database, entryErasers);
      const lending = mysqlLending(opened.database);
      await lending.setUpPartitions(count);
      const secrets = await openSecrets(ledger, masterKey);
      const clients = connections.map(redisClient);
      const partitions = Array.from(
        { length: count },
        (_, no) => new RedisPartition(() => clients[no % masters], partitionKeys(no, count), no),
      );
      this.#running = this.#assemble(ledger, lending, secrets, partitions);
      world.trace.note("server-up", this.name);
    } catch (error) {
      world.trace.note("server-start-failed", this.name, String(error));
      this.kill();
      world.clock.after(this.#world.owner(this.name), 500, () => this.start());
    }
  }

  #assemble(ledger: Ledger, lending: Lending, secrets: Secrets, partitions: RedisPartition[]): Running {
    const log = worldLog(this.#world, this.name);
    const codes = new CodeBook(ledger, secrets);
    const campaigns = new KnownCampaigns(ledger, codes, secrets);
    const drain = new Drain({ lending, partitions, log });
    const arming = new Arming({ partitions, ledger, lending, drain, log });
    const refill = new Refill({ partitions, epochs: arming, lending, drain, log });
    const store = new RedisStore({
      epochs: arming,
      partitions,
      outboxMaxBytes,
      onLevel(partitionNo, { plan, day }, pool, stock) {
        drain.wake(partitionNo);
        const campaign = campaigns.byNo(plan.campaignNo);
        if (campaign) refill.level(partitionNo, campaign, plan.pools[pool]!, day, stock);
      },
    });
    const effects = new LentEffects({
      partitions: partitions.length,
      ...{ store, ledger, lending, drain, refill },
    });
    const batcher = new Batcher({
      store,
      queueMax: 1_000,
      codes: (plan, serials) => campaigns.texts(plan, serials),
      onBatch: () => {},
    });
    const issuer = new Issuer({
      ...{ campaigns, codes, batcher, secrets, ledger },
      partitions: partitions.length,
      registration: new Registration(ledger),
      tallies: new Tallies(),
      fill: (campaign, place) => refill.fill(campaign, place),
    });
    const bans = new Bans({ ledger, store, partitions: partitions.length, log, clock: Date.now });
    const releases = new Releases({ ledger, store, effects, log });
    const push = new Push({ ledger, lending, effects, log });
    const retire = new Retire({ ledger, effects, log });
    runAll([arming, push, retire, drain, bans, releases], log);
    return { ledger, lending, secrets, codes, campaigns, issuer, effects, bans, releases, arming, drain };
  }
}
