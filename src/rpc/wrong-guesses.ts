import type { HandlerContext } from "@connectrpc/connect";
import { caller } from "../auth/caller.ts";
import { callerAddress } from "../server/caller.ts";
import { type Fault, fault } from "./errors.ts";

/** A service speaks for many people, each of whom mistypes now and then. */
const ofService = 10;
const guessersMax = 100_000;
const minuteMs = 60_000;

interface Guesser {
  /** Wrong guesses that don't count as forgiven yet, as of `ms`. */
  wrong: number;
  ms: number;
}

/**
 * Look-ups by something that could be guessed: a coupon's code, a ticket's. Who is wrong too often has to wait: users and addresses after
 * `perMinute` wrong ones, API keys after ten times as many; one is forgiven every 60 s / that. Each server counts for itself.
 */
export class WrongGuesses {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  /** In the order of their last wrong guess. */
  readonly #guessers = new Map<string, Guesser>();

  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** What `lookUp` finds; where that is nothing, it was a wrong guess: throws `notFound`. Throws RATE_LIMITED without looking. */
  async guard<Found>(
    context: Pick<HandlerContext, "values">,
    lookUp: () => Promise<Found | undefined>,
    notFound: () => Fault,
  ): Promise<Found> {
    const { name, perMinute } = this.#guesserOf(context);
    // Counted before it is known, so that a thousand guesses at once are a thousand.
    this.#count(name, perMinute);
    const found = await lookUp().catch((error) => {
      this.#forgive(name);
      throw error;
    });
    if (found === undefined) throw notFound();
    this.#forgive(name);
    return found;
  }

  #guesserOf({ values }: Pick<HandlerContext, "values">): { name: string; perMinute: number } {
    const by = values.get(caller);
    if (by?.role === "user") return { name: `user ${by.subject}`, perMinute: this.#perMinute };
    if (by?.keyId) return { name: `key ${by.keyId}`, perMinute: this.#perMinute * ofService };
    return { name: `address ${values.get(callerAddress)}`, perMinute: this.#perMinute };
  }

  #count(name: string, perMinute: number): void {
    const nowMs = this.#nowMs();
    const before = this.#guessers.get(name);
    const msEach = minuteMs / perMinute;
    const wrong = before ? Math.max(before.wrong - (nowMs - before.ms) / msEach, 0) : 0;
    if (wrong > perMinute - 1) {
      const waitMs = Math.ceil((wrong - perMinute + 1) * msEach);
      throw fault("RATE_LIMITED", "Too many wrong codes: wait before the next one.", waitMs);
    }
    this.#guessers.delete(name);
    if (this.#guessers.size >= guessersMax) this.#guessers.delete(this.#guessers.keys().next().value!);
    this.#guessers.set(name, { wrong: wrong + 1, ms: nowMs });
  }

  #forgive(name: string): void {
    const guesser = this.#guessers.get(name);
    if (guesser) guesser.wrong = Math.max(guesser.wrong - 1, 0);
  }
}
