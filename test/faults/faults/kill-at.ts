import { setTimeout as delay } from "node:timers/promises";
import type { TestServer } from "../../servers/test-server.ts";
import type { Random } from "../../simulate/random.ts";
import type { Hop, Point } from "../hop.ts";
import type { Member } from "../stand.ts";

/** How long a step is waited for, before the kill comes at whatever instant it is. */
const pointMs = 3_000;
/** Something that members do again and again, and can be killed at. */
export interface Step extends Point {
  name: string;
  /** It comes so often that the turn can be up to this; absent: 5. */
  turns?: number;
  hop: (member: Member) => Hop | undefined;
}

export const toRedis = (word: string, when: Point["when"], turns?: number): Step => ({
  name: `${word} ${when}`,
  word,
  turns,
  when,
  hop: ({ hops }) => hops.redis,
});
/** Kills at a random turn of the step, in whichever member comes to it first; without one, when the time is up. */
export async function killAt(
  step: Step | undefined,
  members: Member[],
  victim: (by: Member) => TestServer,
  random: Random,
): Promise<string> {
  if (!step) {
    await delay(random.between(0, 300));
    await victim(random.pick(members)).kill();
    return "at a random instant";
  }
  const struck = Promise.withResolvers<void>();
  let killed: Promise<void> | undefined;
  const turn = random.between(0, step.turns ?? 5);
  const watches = members.map((member) =>
    step.hop(member)?.watch(step, turn, () => {
      killed ??= victim(member).kill();
      struck.resolve();
    }),
  );
  await Promise.race([struck.promise, delay(pointMs)]);
  for (const stop of watches) stop?.();
  const isReached = killed !== undefined;
  await (killed ?? victim(random.pick(members)).kill());
  return isReached ? `at ${step.name}, turn ${turn}` : `at a random instant, as nobody came to ${step.name}`;
}
