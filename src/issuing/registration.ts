import type { Ledger } from "../ledger/ledger.ts";

/** Users in one query. */
const usersMax = 1_000;
const knownMs = 5_000;
const knownMax = 100_000;

/**
 * Who is registered, for campaigns that require it. All who ask in one turn of the event loop are looked up together. Who was found is
 * remembered for 5 s, so that an erased user may count as registered for as long; who was not is looked up again, so that registering takes
 * effect at once.
 */
export class Registration {
  readonly #ledger: Pick<Ledger, "registered">;
  readonly #nowMs: () => number;
  /** Until when a user, by the hash in Latin-1, counts as registered; in the order in which that ends. */
  readonly #known = new Map<string, number>();
  #asked = new Map<string, Asked>();

  constructor(ledger: Pick<Ledger, "registered">, nowMs: () => number = () => performance.now()) {
    this.#ledger = ledger;
    this.#nowMs = nowMs;
  }

  /** `userHash`: `Secrets.userHashKey` over the user's id. Rejects with LedgerUnavailable. */
  isRegistered(userHash: Buffer): boolean | Promise<boolean> {
    const key = userHash.toString("latin1");
    const untilMs = this.#known.get(key);
    if (untilMs !== undefined && this.#nowMs() < untilMs) return true;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      if (this.#asked.size === 0) setImmediate(() => this.#lookUp());
      asked = { userHash, answer: Promise.withResolvers() };
      this.#asked.set(key, asked);
      if (this.#asked.size === usersMax) this.#lookUp();
    }
    return asked.answer.promise;
  }

  #lookUp(): void {
    const asked = this.#asked;
    if (asked.size === 0) return;
    // Who asks from here on gets a look of its own: the user may have registered since.
    this.#asked = new Map();
    this.#ledger.registered([...asked.values()].map(({ userHash }) => userHash)).then(
      (found) => {
        const registered = new Set(found.map((userHash) => userHash.toString("latin1")));
        for (const key of registered) this.#remember(key);
        for (const [key, { answer }] of asked) answer.resolve(registered.has(key));
      },
      (error) => {
        for (const { answer } of asked.values()) answer.reject(error);
      },
    );
  }

  #remember(key: string): void {
    this.#known.delete(key);
    if (this.#known.size === knownMax) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, this.#nowMs() + knownMs);
  }
}

interface Asked {
  userHash: Buffer;
  answer: PromiseWithResolvers<boolean>;
}
