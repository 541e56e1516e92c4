import type { Answer, Asked, Campaign, Given } from "./sale.ts";

/** A request and what became of it. */
export interface Told extends Asked {
  campaign: Campaign;
  answer: Answer;
  /** Tries of it that got no answer: each may have come through, and may still have been on its way when another was refused. */
  unanswered: number;
}

/** Everything that the load was told, and whatever of it contradicts itself at once. */
export class History {
  readonly told: Told[] = [];
  readonly violations: string[] = [];
  /** Errors by their code: what the contract says to ask again after. */
  readonly errors = new Map<string, number>();
  acknowledged = 0;
  calls = 0;

  add(told: Told): void {
    this.told.push(told);
    if ("given" in told.answer) this.acknowledged++;
  }

  acknowledgedIn(campaign: Campaign): number {
    return this.told.filter((one) => one.campaign === campaign && "given" in one.answer).length;
  }

  error(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  violation(what: string): void {
    this.violations.push(what);
  }

  /** Asked again: what was given is given again, the same. */
  compare(before: Told, answer: Answer): void {
    const { campaign, user, requestId } = before;
    const who = `${campaign.id}: ${user} ${requestId || "(without a request id)"}`;
    if (!("given" in before.answer)) return;
    if (!("given" in answer)) {
      this.violation(`${who} had ${before.answer.given.key} and is refused with ${answer.refused}`);
    } else {
      if (!isSame(before.answer.given, answer.given))
        this.violation(`${who} had ${text(before.answer.given)} and is now given ${text(answer.given)}`);
      if (!answer.replayed)
        this.violation(`${who} is given ${answer.given.key} again and is not told that it is a replay`);
    }
  }
}

export const isSame = (one: Given, other: Given): boolean =>
  one.key === other.key &&
  one.user === other.user &&
  one.prizeId === other.prizeId &&
  one.details === other.details;

export const text = ({ key, user, prizeId, details }: Given): string =>
  `${key} (${user}, ${prizeId || "no prize"}, ${details})`;
