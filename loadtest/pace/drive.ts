import type { OpenLoop } from "./open-loop.ts";

const longestSleepMs = 20;

/** Turns an open loop at its times until everything is answered or given up. */
export const drive = async (loop: OpenLoop, nowMs: () => number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const turn = (): void => {
    loop.turn();
    if (loop.finished) {
      resolve();
      return;
    }
    const sleepMs = (loop.nextDueMs ?? Number.POSITIVE_INFINITY) - nowMs();
    setTimeout(turn, Math.max(1, Math.min(longestSleepMs, Math.floor(sleepMs))));
  };
  turn();
  await promise;
};
