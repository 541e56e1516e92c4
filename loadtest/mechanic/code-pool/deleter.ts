import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { PoolCode_State as State } from "../../../src/gen/allot/v1/code_pool_pb.js";
import { Reason } from "../../../src/gen/allot/v1/refusal_pb.js";
import type { Stage } from "../mechanic.ts";
import { pageSize } from "../pages.ts";

/** What came of deleting codes, by code: "deleted", the reason of a refusal, or "unknown". */
export type Deletions = Map<string, string>;

/** So much of a pool at most. */
const deletedShare = 0.05;
const pauseMs = 20;
const retryMs = 100;
/** Every so many deletions one is asked for twice. */
const againEvery = 5;

/** A manager who takes codes out that were free a moment ago, while users ask for them. */
export class Deleter {
  readonly deletions: Deletions = new Map();
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async run(over: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
    const { clients, campaign, quota } = this.#stage;
    const most = Math.max(1, Math.floor(quota * deletedShare));
    const { codes } = await clients.codePools.listCodes({
      ...{ campaignId: campaign.id, states: [State.FREE], pageSize },
    });
    // Spread over what is listed: the next ones to be assigned, and those that come late.
    const step = Math.max(1, Math.floor(codes.length / most));
    for (const [i, { code }] of codes.filter((_, at) => at % step === 0).entries()) {
      if (over.aborted || i === most) return;
      const answer = await this.#delete(code);
      const again = i % againEvery === 0 ? await this.#delete(code) : answer;
      this.deletions.set(code, again === answer ? answer : `${answer}, then ${again}`);
      await pause(pauseMs);
    }
  }

  /** Asks until it is known. */
  async #delete(code: string): Promise<string> {
    for (let tries = 0; tries < 20; tries++) {
      try {
        const { outcome } = await this.#stage.clients.codePools.deleteCode({
          code,
          requestId: `delete-${code}`,
        });
        return outcome.case === "refusal" ? Reason[outcome.value.reason]! : "deleted";
      } catch (error) {
        if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) throw error;
        await sleep(retryMs);
      }
    }
    return "unknown";
  }
}
