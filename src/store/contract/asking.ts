import { hash } from "node:crypto";
import { type Day, dayAt } from "../../campaign/day.ts";
import { anyPool, choicesOf, nothing, type Plan, poolAt, ruleKeys } from "../../campaign/plan.ts";
import type { Outcome, Take } from "../store.ts";
import type { CampaignSetup, StoreHarness } from "./harness.ts";

/** Where the contract's campaigns are. */
export const zone = "Asia/Seoul";
export const today = () => dayAt(zone, Date.now());

/** What somebody asks for, by names. */
export interface Ask {
  user?: string;
  address?: string;
  request?: string;
  pool?: number;
  /** Where entries are numbered, instead of `pool`: what each number is to get; nothing where it is too short. */
  choices?: number[];
}

const key = (text: string) => hash("sha256", text, "buffer").subarray(0, 16);

export const userHashOf = (user: string | undefined) => key(`user ${user}`);

export function keysOf(plan: Plan, { user, address }: Ask): (Buffer | undefined)[] {
  return ruleKeys(plan, {
    userHash: user === undefined ? undefined : userHashOf(user),
    addressHash: address === undefined ? undefined : key(`address ${address}`),
  });
}

export function take(plan: Plan, ask: Ask): Take {
  const { user, address, request, pool, choices } = ask;
  const addressHash = address === undefined ? undefined : key(`address ${address}`);
  const isNumbered = plan.numberedBy !== undefined;
  const wanted = isNumbered ? (choices ?? []) : [pool === undefined ? anyPool : poolAt(pool)];
  return {
    keys: keysOf(plan, ask),
    choices: Uint8Array.from({ length: choicesOf(plan) }, (_, i) => wanted[i] ?? nothing),
    request:
      request === undefined
        ? undefined
        : { key: key(`request ${user} ${request}`), fields: key(`pool ${pool}`).subarray(0, 8) },
    who: { userId: user ?? "", userHash: userHashOf(user), addressHash },
  };
}

export const users = (count: number) => Array.from({ length: count }, (_, i): Ask => ({ user: `u${i}` }));

export const serialOf = (outcome: Outcome | undefined) =>
  outcome?.kind === "issued" ? outcome.serial : undefined;

/** An outcome in a word. */
export const brief = (outcome: Outcome) =>
  outcome.kind === "issued"
    ? outcome.replayed
      ? "again"
      : "issued"
    : outcome.kind === "refused"
      ? outcome.reason
      : outcome.kind;

/** Campaigns of a store, and asking it for what they give. */
export function asking(harness: () => StoreHarness) {
  return {
    campaign: (setup: Omit<CampaignSetup, "timeZone">) => harness().campaign({ ...setup, timeZone: zone }),
    async ask(plan: Plan, asks: Ask[], day: Day | undefined = plan.daily ? today() : undefined) {
      const takes = asks.map((one) => take(plan, one));
      const [outcomes] = await harness().store.take(0, [{ plan, day, takes }]);
      return outcomes!;
    },
  };
}
