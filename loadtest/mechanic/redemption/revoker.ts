import { answered } from "../answered.ts";
import type { Stage } from "../mechanic.ts";
import { isRevocable } from "./acts.ts";

/** A coupon that was taken back. */
export interface Revoked {
  /** Its number, and that of its user. */
  coupon: number;
  code: string;
  /** Its unit can be issued again. */
  returned: boolean;
  /** "given", or what went wrong. */
  answer: string;
}

const pauseMs = 20;
/** Every so many times somebody guesses a code: seldom enough not to be stopped for it. */
const guessEvery = 20;
const guessesMost = 5;
const againEvery = 3;

/** A manager who takes coupons back, every other one with its quota, while they are being redeemed; and now and then a wrong code is tried. */
export class Revoker {
  readonly revoked: Revoked[] = [];
  /** What wrong codes were answered. */
  readonly guesses: string[] = [];
  readonly #stage: Stage;
  readonly #codes: readonly string[];

  constructor(stage: Stage, codes: readonly string[]) {
    this.#stage = stage;
    this.#codes = codes;
  }

  async run(over: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
    let turn = 0;
    for (const [coupon, code] of this.#codes.entries()) {
      if (over.aborted) return;
      if (!isRevocable(coupon)) continue;
      const returned = turn % 2 === 0;
      if (turn % guessEvery === 0 && this.guesses.length < guessesMost) await this.#guess(code);
      let answer = await this.#revoke(code, returned);
      if (turn % againEvery === 0 && answer === "given") answer = await this.#revoke(code, returned);
      this.revoked.push({ coupon, code, returned, answer });
      turn++;
      await pause(pauseMs);
    }
  }

  #revoke(code: string, returnQuota: boolean): Promise<string> {
    const { clients } = this.#stage;
    const request = { code, reason: "load test", returnQuota, requestId: `revoke-${code}` };
    return answered(async () => {
      const { coupon } = await clients.coupons.revokeCoupon(request);
      return { outcome: { case: "coupon", value: coupon } };
    });
  }

  /** A code with its last symbols in another order is well formed, and most likely nobody's. */
  async #guess(code: string): Promise<void> {
    const symbols = [...code];
    const wrong = [...symbols.slice(0, 4), ...symbols.slice(4).reverse()].join("");
    if (this.#codes.includes(wrong)) return;
    const { clients } = this.#stage;
    this.guesses.push(await answered(() => clients.coupons.redeemCoupon({ code: wrong, orderId: "guess" })));
  }
}
