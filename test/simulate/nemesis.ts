import type { Reach } from "./ledger/wire.ts";
import { nobody, type RedisHost } from "./redis/host.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

/** Kills, stops and moves things about, now and then. */
export class Nemesis {
  readonly #world: World;
  readonly #servers: Server[];
  readonly #hosts: RedisHost[][];
  /** Which host of each pair is the master. */
  readonly #roles: number[];
  readonly #reach: Reach;
  #untilMs = 0;
  hasLost = false;

  constructor(world: World, servers: Server[], hosts: RedisHost[][], roles: number[], reach: Reach) {
    this.#world = world;
    this.#servers = servers;
    this.#hosts = hosts;
    this.#roles = roles;
    this.#reach = reach;
  }

  start(untilMs: number): void {
    this.#untilMs = untilMs;
    const { everyMs } = this.#world.planned;
    if (everyMs > 0) this.#later(everyMs);
  }

  /** Everything runs again; what hangs goes on when its time has come. */
  heal(): void {
    this.#reach.isUp = true;
    for (const server of this.#servers) server.start();
    this.#hosts.forEach((pair, m) => {
      for (const host of pair) if (host !== this.#master(m)) host.breakConnections();
    });
  }

  get isHealed(): boolean {
    const owners = [...this.#servers, ...this.#hosts.flat()].map(({ owner }) => owner);
    return owners.every(({ isDead, hangsUntilMs }) => !isDead && hangsUntilMs <= this.#world.clock.nowMs);
  }

  #later(everyMs: number): void {
    const { clock, random } = this.#world;
    clock.after(nobody, random.around(everyMs), () => {
      if (clock.nowMs >= this.#untilMs) return;
      this.#strike();
      this.#later(everyMs);
    });
  }

  #strike(): void {
    const { random, planned } = this.#world;
    const strikes = [
      () => this.#killServer(),
      () => this.#hang(random.pick(this.#servers).owner),
      () => this.#crashRedis(),
      () => this.#hang(this.#master(random.between(0, this.#hosts.length - 1)).owner),
      () => this.#stopLedger(),
      () => this.#moveClock(),
    ];
    const losing = [() => this.#promote(), () => this.#promote(), () => this.#wipe()];
    random.pick(planned.isLossy ? [...strikes, ...losing] : strikes)();
  }

  #master(m: number): RedisHost {
    return this.#hosts[m]![this.#roles[m]!]!;
  }

  #killServer(): void {
    const { clock, random, trace } = this.#world;
    const server = random.pick(this.#servers);
    if (!server.isUp) return;
    trace.fault("server-killed", server.name);
    server.kill();
    clock.after(nobody, random.around(1_500), () => server.start());
  }

  #hang(owner: { name: string; isDead: boolean; hangsUntilMs: number }): void {
    const { clock, random, trace } = this.#world;
    if (owner.isDead) return;
    const forMs = random.chance(0.1) ? random.between(5_000, 40_000) : random.around(1_500);
    trace.fault("hang", owner.name, Math.round(forMs));
    owner.hangsUntilMs = clock.nowMs + forMs;
  }

  #crashRedis(): void {
    const { random, planned } = this.#world;
    const host = this.#master(random.between(0, this.#hosts.length - 1));
    if (!host.isUp) return;
    if (planned.isLossy && host.mayLose) this.hasLost = true;
    host.crash(random.around(800));
  }

  #stopLedger(): void {
    const { clock, random, trace } = this.#world;
    if (!this.#reach.isUp) return;
    trace.fault("ledger-down");
    this.#reach.isUp = false;
    clock.after(nobody, random.around(1_500), () => {
      this.#reach.isUp = true;
    });
  }

  #moveClock(): void {
    const { random } = this.#world;
    const byMs = random.chance(0.1) ? random.between(-3_600_000, 3_600_000) : random.between(-3_000, 3_000);
    this.#master(random.between(0, this.#hosts.length - 1)).moveClock(byMs);
  }

  /** The other host takes over. The old one may live on for a while, for those who are still connected to it. */
  #promote(): void {
    const { clock, random } = this.#world;
    const m = random.between(0, this.#hosts.length - 1);
    const [from, to] = [this.#master(m), this.#hosts[m]![1 - this.#roles[m]!]!];
    if (!to.isUp || !from.isUp) return;
    this.hasLost = true;
    to.follow(from);
    this.#roles[m] = 1 - this.#roles[m]!;
    clock.after(nobody, random.chance(0.5) ? 0 : random.around(1_000), () => {
      if (this.#master(m) !== from) from.breakConnections();
    });
  }

  #wipe(): void {
    const host = this.#master(this.#world.random.between(0, this.#hosts.length - 1));
    if (!host.isUp) return;
    this.hasLost = true;
    host.wipe();
  }
}
