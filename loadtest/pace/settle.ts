import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../clock.ts";
import type { Settled } from "../crew/worker-plan.ts";
import type { Answer } from "../record/answer.ts";
import { leavesDoubt } from "../record/answer.ts";
import type { Journal } from "../record/journal.ts";
import { addCount, outcomeOf } from "../record/outcome.ts";

const pauseMs = 250;
const deadlineMs = 15_000;

interface SettleParts {
  journal: Journal;
  requests: number[];
  outlet: {
    readonly free: number;
    onFree(sendMore: () => void): void;
    send(request: number, onAnswer: (answer: Answer) => void): void;
  };
  stopped: AbortSignal;
}

/**
 * Asks again, under the same request ids, about requests whose outcome is unknown, as a careful client would; pauses and repeats
 * while answers leave doubt, for 15 s at most. What is still unknown then stays so.
 */
export const settle = async ({ journal, requests, outlet, stopped }: SettleParts): Promise<Settled> => {
  const settled: Settled = { asked: 0, outcomes: new Map() };
  const endMs = monotonicMs() + deadlineMs;
  let open = requests;
  while (open.length > 0 && monotonicMs() < endMs && !stopped.aborted) {
    const doubtful: number[] = [];
    let answers = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    let next = 0;
    const sendSome = (): void => {
      while (next < open.length && outlet.free > 0) {
        const request = open[next++]!;
        const owed = journal.sent(request);
        settled.asked++;
        outlet.send(request, (answer) => {
          journal.answered(request, answer, owed);
          addCount(settled.outcomes, outcomeOf(answer), 1);
          if (leavesDoubt(answer)) doubtful.push(request);
          if (++answers === open.length) resolve();
        });
      }
    };
    outlet.onFree(sendSome);
    sendSome();
    const impatience = setTimeout(resolve, Math.max(0, endMs - monotonicMs()));
    await promise.finally(() => clearTimeout(impatience));
    open = doubtful;
    if (open.length > 0) await sleep(pauseMs);
  }
  return settled;
};
