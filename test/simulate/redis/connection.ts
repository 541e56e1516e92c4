import type { Event, Owner } from "../clock.ts";
import type { World } from "../world.ts";
import type { Transport } from "./client.ts";
import type { Connected, RedisHost } from "./host.ts";
import { CommandError, type Reply } from "./process.ts";

const commandMs = 2_000;
const latencyMs = 0.3;
const slowMs = 800;

interface Sent {
  resolve(reply: Reply): void;
  reject(error: Error): void;
  arrival: Event;
}

/**
 * A server's connection to one Redis, as src/store/redis/connect.ts sets it up: commands arrive and are answered in order, nothing is sent
 * twice, a broken connection fails what was in flight. What was on its way to the server then may still be carried out.
 */
export class RedisConnection implements Transport, Connected {
  status = "connecting";
  readonly #world: World;
  readonly #owner: Owner;
  /** The host that has the role of the master now. */
  readonly #master: () => RedisHost;
  #host: RedisHost | undefined;
  #flight: Sent[] = [];
  #arrivalMs = 0;
  #replyMs = 0;
  #tries = 0;

  constructor(world: World, owner: Owner, master: () => RedisHost) {
    this.#world = world;
    this.#owner = owner;
    this.#master = master;
    this.#connect();
  }

  send(command: string[]): Promise<Reply> {
    const { clock, random, faults, trace } = this.#world;
    const host = this.#host;
    if (this.status !== "ready" || !host)
      return Promise.reject(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    return new Promise((resolve, reject) => {
      this.#arrivalMs = Math.max(this.#arrivalMs, clock.nowMs + this.#delayMs());
      const sent: Sent = { resolve, reject, arrival: undefined as never };
      sent.arrival = clock.at(host.owner, this.#arrivalMs, () =>
        host.execute(command, (reply) => this.#answer(host, sent, reply)),
      );
      this.#flight.push(sent);
      clock.after(this.#owner, commandMs, () => reject(new Error("Command timed out")));
      if (random.chance(faults.redisCut)) {
        clock.after(this.#owner, random.unit() * 2 * (this.#arrivalMs - clock.nowMs + latencyMs), () => {
          if (this.#host !== host) return;
          trace.fault("redis-cut", this.#owner.name, host.name);
          host.detach(this);
          this.broken();
        });
      }
    });
  }

  broken(): void {
    const { clock, random } = this.#world;
    const flight = this.#flight;
    this.#flight = [];
    this.#host = undefined;
    // What had not left is gone; the rest arrives, late perhaps.
    const arrives = random.between(0, flight.length);
    flight.forEach(({ arrival }, i) => {
      if (i >= arrives) arrival.isCancelled = true;
    });
    this.status = "reconnecting";
    clock.after(this.#owner, 0, () => {
      for (const { reject } of flight) reject(new Error("Connection is closed."));
    });
    this.#connect();
  }

  /** The server that has it dies. */
  drop(): void {
    this.status = "end";
    this.#host?.detach(this);
  }

  #answer(host: RedisHost, sent: Sent, reply: Reply | CommandError): void {
    if (this.#host !== host || !this.#flight.includes(sent)) return;
    const { clock } = this.#world;
    this.#replyMs = Math.max(this.#replyMs, clock.nowMs + this.#delayMs());
    clock.at(this.#owner, this.#replyMs, () => {
      const at = this.#flight.indexOf(sent);
      if (at < 0) return;
      this.#flight.splice(at, 1);
      if (reply instanceof CommandError) sent.reject(reply);
      else sent.resolve(reply);
    });
  }

  #delayMs(): number {
    const { random, faults } = this.#world;
    return random.around(random.chance(faults.redisSlow) ? slowMs : latencyMs);
  }

  #connect(): void {
    this.#tries++;
    const delayMs = Math.min(50 * this.#tries, 1_000) * (0.5 + this.#world.random.unit());
    this.#world.clock.after(this.#owner, this.#tries === 1 ? latencyMs : delayMs, () => {
      const host = this.#master();
      if (!host.isUp || host.owner.hangsUntilMs > this.#world.clock.nowMs) {
        this.#connect();
        return;
      }
      this.#tries = 0;
      this.#host = host;
      host.attach(this);
      this.status = "ready";
    });
  }
}
