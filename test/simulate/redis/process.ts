import { library } from "./functions/library.ts";
import { FunctionError, type Live, type Restoring } from "./functions/prelude.ts";
import { Keyspace } from "./keyspace.ts";

/** What a command answers: strings hold bytes (Latin-1). */
export type Reply = string | number | Reply[];

/** An error reply: the command did nothing. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** How a Redis is set up, as far as anybody asks. */
export interface RedisSettings {
  appendfsync: "always" | "everysec";
}

interface Write {
  atMs: number;
  undo: (() => void)[];
  isSynced: boolean;
}

/** A Redis server: its data, which may be loaded into another process, and what only this process knows. */
export class RedisProcess {
  data: Keyspace;
  readonly live = new Map<string, Live>();
  readonly #restoring = new Map<string, Restoring>();
  /** It followed another master before. */
  isPromoted = false;
  readonly #settings: RedisSettings;
  /** TIME, ms. */
  readonly #clock: () => number;
  #hasLibrary = false;
  /** Newest last; only those that may still be lost. */
  #writes: Write[] = [];

  constructor(settings: RedisSettings, clock: () => number, data = new Keyspace()) {
    this.#settings = settings;
    this.#clock = clock;
    this.data = data;
  }

  /** Throws CommandError. */
  execute([name, ...args]: string[]): Reply {
    this.data.nowMs = Math.floor(this.#clock());
    try {
      return this.#execute(name!.toUpperCase(), args);
    } catch (error) {
      if (error instanceof FunctionError) throw new CommandError(`ERR ${error.message}`);
      throw error;
    } finally {
      const undo = this.data.written();
      if (undo.length > 0) this.#writes.push({ atMs: this.data.nowMs, undo, isSynced: false });
    }
  }

  /** Writes that are not on the disk: a crash may lose the newest of them. */
  get unsynced(): number {
    return this.#writes.filter(({ isSynced }) => !isSynced).length;
  }

  /** Writes that a replica may not have yet. */
  get recent(): number {
    return this.#writes.length;
  }

  /** All that was written is on the disk; replicas have what was written before an instant. */
  sync(replicatedMs: number): void {
    for (const write of this.#writes) write.isSynced = true;
    const first = this.#writes.findIndex(({ atMs }) => atMs >= replicatedMs);
    this.#writes.splice(0, first < 0 ? this.#writes.length : first);
  }

  /** The data without its `lost` newest writes, as a replica or a file has it; this process's stays as it is. */
  without(lost: number): Keyspace {
    const whole = this.data.copy();
    const missing = lost === 0 ? [] : this.#writes.slice(-lost);
    for (const { undo } of missing.toReversed()) for (const step of undo) step();
    const rest = this.data.copy();
    this.data = whole;
    this.#writes = [];
    return rest;
  }

  /** Data that comes with a library in it, as a file or a replica's does. */
  load(data: Keyspace, hasLibrary: boolean): void {
    this.data = data;
    this.#hasLibrary = hasLibrary;
    this.#writes = [];
  }

  get hasLibrary(): boolean {
    return this.#hasLibrary;
  }

  #execute(name: string, args: string[]): Reply {
    const [first = ""] = args;
    switch (name) {
      case "FCALL":
      case "FCALL_RO":
        return this.#call(args);
      case "FUNCTION":
        return this.#function(args);
      case "XRANGE":
        return this.#range(args);
      case "HGETALL":
        return [...this.data.hgetall(first)].flat();
      case "HSET":
        this.data.hset(first, ...args.slice(1));
        return 1;
      case "UNLINK":
        this.data.unlink(...args);
        return args.length;
      case "SCAN": {
        const prefix = args[2]!.slice(0, -1);
        return ["0", this.data.keys().filter((key) => key.startsWith(prefix))];
      }
      case "INFO":
        return `aof_enabled:1\r\nrole:master\r\nsecond_repl_offset:${this.isPromoted ? 1 : -1}\r\n`;
      case "CONFIG":
        return [args[1]!, args[1] === "appendfsync" ? this.#settings.appendfsync : "no"];
      default:
        throw new CommandError(`ERR unknown command '${name}'`);
    }
  }

  #call([name, count, ...rest]: string[]): Reply {
    const work = this.#hasLibrary ? library[name!] : undefined;
    if (!work) throw new CommandError("ERR Function not found");
    const keys = rest.slice(0, Number(count));
    const args = rest.slice(Number(count));
    const restoring = this.#restoring;
    return work({ data: this.data, live: this.live, restoring, timeMs: this.data.nowMs, keys, args });
  }

  #function([subcommand, ...args]: string[]): Reply {
    if (subcommand === "LIST") return this.#hasLibrary ? [`-- version ${version}`] : [];
    if (this.#hasLibrary) throw new CommandError("ERR Library 'allot' already exists");
    version = /-- version (\w+)/.exec(args.at(-1)!)![1]!;
    this.#hasLibrary = true;
    return "allot";
  }

  #range([key, from, , , count]: string[]): Reply {
    const [epoch, n] = from!.slice(1).split("-").map(Number) as [number, number];
    return this.data
      .xrange(key!, { epoch, n }, Number(count))
      .map((entry) => [`${entry.epoch}-${entry.n}`, entry.fields]);
  }
}

/** Of the library that was loaded last: there is only one in a run. */
let version = "";
