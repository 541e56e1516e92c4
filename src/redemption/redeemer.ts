import type { RedemptionAnswer, RedemptionAsk, Redemptions } from "../ledger/redemptions.ts";
import { Overloaded } from "../store/batcher.ts";
import type { CatchUp } from "./catch-up.ts";

export interface RedeemerOptions {
  ledger: Pick<Redemptions, "redeem">;
  catchUp: Pick<CatchUp, "broughtIn">;
  /** Requests that may wait for a transaction. */
  queueMax: number;
}

/** Two, so that one is decided while the other is on its way to the disk. */
const transactionsMax = 2;
/** Beyond some hundred coupons a transaction only grows longer, and holds up who asks for one of them at another server. */
const batchMax = 500;

interface Waiting {
  ask: RedemptionAsk;
  resolve(answer: RedemptionAnswer | undefined): void;
  reject(error: unknown): void;
}

/**
 * Decides about coupons in the ledger. Requests that arrive while transactions are under way travel together in the next one: a commit to
 * disk each would let a few hundred a second pass.
 */
export class Redeemer {
  readonly #options: RedeemerOptions;
  #queue: Waiting[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(options: RedeemerOptions) {
    this.#options = options;
  }

  /**
   * Undefined: there is no such coupon. Throws Overloaded, at once, when too many wait; LedgerUnavailable when it is not known whether it was
   * done: the same order asks again.
   */
  async redeem(ask: RedemptionAsk): Promise<RedemptionAnswer | undefined> {
    const answer = await this.#decided(ask);
    if (answer !== undefined || !(await this.#options.catchUp.broughtIn(ask))) return answer;
    return this.#decided(ask);
  }

  #decided(ask: RedemptionAsk): Promise<RedemptionAnswer | undefined> {
    if (this.#queue.length >= this.#options.queueMax)
      throw new Overloaded("too many redemptions are waiting");
    return new Promise((resolve, reject) => {
      this.#queue.push({ ask, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#queue.length === 0 || this.#underWay >= transactionsMax) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#decide();
    });
  }

  async #decide(): Promise<void> {
    const batch = this.#queue.splice(0, batchMax);
    this.#underWay++;
    this.#schedule();
    try {
      const answers = await this.#options.ledger.redeem(batch.map(({ ask }) => ask));
      for (const [at, { resolve }] of batch.entries()) resolve(answers[at]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay--;
      this.#schedule();
    }
  }
}
