import type { HandlerContext } from "@connectrpc/connect";
import { caller } from "../auth/caller.ts";
import { callerAddress } from "../server/caller.ts";
import { type Fault, fault } from "./errors.ts";
import { Guesser } from "./guesser.ts";

/** A service speaks for many people, each of whom mistypes now and then. */
const ofService = 10;
const guessersMax = 100_000;

/**
 * Look-ups by something that could be guessed: a coupon's code, a ticket's. Who is wrong too often has to wait, right or wrong: users and
 * addresses after `perMinute` wrong ones, API keys and services' tokens after ten times as many; one is forgiven every 60 s / that. Where a
 * service says whom it asks for, that user is counted as well, by itself, and stopped before the service is. Each server counts for itself.
 */
export class WrongGuesses {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  /** Those who were wrong or are looking something up, in the order of their last wrong guess. */
  readonly #guessers = new Map<string, Guesser>();

  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /**
   * What `lookUp` finds; where that is nothing, it was a wrong guess: throws `notFound`. Throws RATE_LIMITED without looking. `userId`: whom
   * a service asks for.
   */
  async guard<Found>(
    context: Pick<HandlerContext, "values">,
    lookUp: () => Promise<Found | undefined>,
    notFound: () => Fault,
    userId = "",
  ): Promise<Found> {
    const [own, ...more] = this.#guessersOf(context, userId);
    const guarded = more.reduce<() => Promise<Found | undefined>>(
      (look, one) => () => this.#as(one, look),
      () => this.#as(own!, lookUp),
    );
    const found = await guarded();
    if (found === undefined) throw notFound();
    return found;
  }

  async #as<Found>(
    { name, perMinute }: { name: string; perMinute: number },
    lookUp: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const guesser = this.#guessers.getOrInsertComputed(name, () => new Guesser(perMinute, this.#nowMs));
    let isWrong = false;
    const waitMs = await guesser.begin();
    if (waitMs > 0) throw fault("RATE_LIMITED", "Too many wrong codes: wait before the next one.", waitMs);
    try {
      const found = await lookUp();
      isWrong = found === undefined;
      return found;
    } finally {
      guesser.end(isWrong);
      if (isWrong) this.#remember(name, guesser);
      else if (guesser.isInnocent && this.#guessers.get(name) === guesser) this.#guessers.delete(name);
    }
  }

  #remember(name: string, guesser: Guesser): void {
    this.#guessers.delete(name);
    if (this.#guessers.size >= guessersMax) this.#guessers.delete(this.#guessers.keys().next().value!);
    this.#guessers.set(name, guesser);
  }

  #guessersOf(
    { values }: Pick<HandlerContext, "values">,
    userId: string,
  ): { name: string; perMinute: number }[] {
    const by = values.get(caller);
    const perMinute = this.#perMinute;
    if (by?.role === "user") return [{ name: `user ${by.subject}`, perMinute }];
    const service = by?.keyId ? `key ${by.keyId}` : by?.subject && `token ${by.subject}`;
    if (!service) return [{ name: `address ${values.get(callerAddress)}`, perMinute }];
    const own = { name: service, perMinute: perMinute * ofService };
    return userId === "" ? [own] : [own, { name: `${service} for ${userId}`, perMinute }];
  }
}
