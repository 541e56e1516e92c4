import type { Owner } from "../clock.ts";
import type { World } from "../world.ts";
import { CommandError, RedisProcess, type RedisSettings, type Reply } from "./process.ts";

/** Somebody who is connected: told when the connection breaks. */
export interface Connected {
  broken(): void;
}

type Answer = (reply: Reply | CommandError) => void;

const replicationMs = 1_500;

/** A machine that runs a Redis process, with its disk: what is executed in one turn is synced at its end, and only then answered. */
export class RedisHost {
  readonly name: string;
  readonly #world: World;
  readonly #settings: RedisSettings;
  readonly #connections = new Set<Connected>();
  owner: Owner;
  process: RedisProcess;
  #turn: (() => void)[] | undefined;
  #skewMs = 0;

  constructor(world: World, name: string, settings: RedisSettings) {
    this.name = name;
    this.#world = world;
    this.#settings = settings;
    this.owner = world.owner(name);
    this.process = this.#start();
    this.#syncEverySecond();
  }

  get isUp(): boolean {
    return !this.owner.isDead;
  }

  /** A crash now may lose what was acknowledged. */
  get mayLose(): boolean {
    return this.#settings.appendfsync !== "always";
  }

  attach(connection: Connected): void {
    this.#connections.add(connection);
  }

  detach(connection: Connected): void {
    this.#connections.delete(connection);
  }

  /** Executes a command, in this process's name, and answers when the turn is over. */
  execute(command: string[], answer: Answer): void {
    let reply: Reply | CommandError;
    try {
      reply = this.process.execute(command);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reply = error;
    }
    this.#world.trace.detail("redis", () => `${this.name} ${shown(command)} => ${shown([String(reply)])}`);
    if (!this.#turn) {
      this.#turn = [];
      this.#world.clock.after(this.owner, this.#world.random.around(0.2), () => this.#endTurn());
    }
    this.#turn.push(() => answer(reply));
  }

  /** Dies, with what was not on the disk or only in part, and starts again after a while. */
  crash(downMs: number): void {
    const { random, trace } = this.#world;
    const lost = random.between(0, this.process.unsynced);
    trace.fault("redis-crash", this.name, lost, Math.round(downMs));
    const data = this.process.without(lost);
    this.#die();
    this.#world.clock.after(nobody, downMs, () => {
      this.owner = this.#world.owner(this.name);
      const before = this.process;
      this.process = this.#start();
      this.process.load(data, before.hasLibrary);
      // A real one forgets it, if it starts from its append-only file: then nobody who arms it later can know that something is missing.
      this.process.isPromoted = before.isPromoted;
      this.#syncEverySecond();
      trace.note("redis-up", this.name);
    });
  }

  /** Loses its disk. */
  wipe(): void {
    this.#world.trace.fault("redis-wiped", this.name);
    this.#die();
    this.owner = this.#world.owner(this.name);
    this.process = this.#start();
    this.#syncEverySecond();
  }

  /** Becomes what a replica of another host is when that one's master role is given to it: the process stays the same. */
  follow(master: RedisHost): void {
    const lost = this.#world.random.between(0, master.process.recent);
    this.#world.trace.fault("redis-promoted", this.name, lost);
    this.process.load(master.process.without(lost), true);
    this.process.isPromoted = true;
  }

  /** What time it is for a partition, by its fence's key. */
  nowMs(fence: string): number {
    return Math.floor(
      Math.max(this.#world.clock.nowMs + this.#skewMs, this.process.live.get(fence)?.clock ?? 0),
    );
  }

  moveClock(byMs: number): void {
    this.#skewMs += byMs;
    this.#world.trace.fault("redis-clock", this.name, Math.round(this.#skewMs));
  }

  breakConnections(): void {
    for (const connection of this.#connections) connection.broken();
    this.#connections.clear();
  }

  #die(): void {
    this.owner.isDead = true;
    this.#turn = undefined;
    this.breakConnections();
  }

  #start(): RedisProcess {
    return new RedisProcess(this.#settings, () => this.#world.clock.nowMs + this.#skewMs);
  }

  #endTurn(): void {
    const turn = this.#turn ?? [];
    this.#turn = undefined;
    if (this.#settings.appendfsync === "always") this.#sync();
    for (const answer of turn) answer();
  }

  #sync(): void {
    this.process.sync(this.#world.clock.nowMs - replicationMs);
  }

  #syncEverySecond(): void {
    if (this.#settings.appendfsync === "always") return;
    const { owner } = this;
    const again = () => {
      this.#sync();
      this.#world.clock.after(owner, 1_000, again);
    };
    this.#world.clock.after(owner, 1_000, again);
  }
}

/** In whose name things happen that no process does. */
export const nobody: Owner = { name: "nobody", isDead: false, hangsUntilMs: 0, skewMs: 0 };

const shown = (texts: string[]) => JSON.stringify(texts.map((text) => text.slice(0, 60)).join(" "));
