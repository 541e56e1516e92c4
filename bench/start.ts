import { under } from "./line.ts";
import type { Benchmark } from "./result.ts";
import { Stand } from "./stand/stand.ts";

/** From the process's start until /readyz says yes, against stores that are there: what a restart or another worker costs. */
export const start: Benchmark = {
  title: "Start",
  about: "From the process's start until /readyz answers 200, against stores that have seen it before.",
  async run({ rounds }) {
    await using lent = await Stand.open();
    await using embedded = await Stand.open({ embedded: true });
    const seconds = { lent: [] as number[], embedded: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      seconds.lent.push(await restartSeconds(lent));
      seconds.embedded.push(await restartSeconds(embedded));
    }
    return {
      settings: { rounds },
      lines: [
        under("ready, with Redis and MariaDB", seconds.lent, 1.5, "s"),
        under("ready, embedded", seconds.embedded, 1.5, "s"),
      ],
      figures: { seconds },
    };
  },
};

async function restartSeconds({ allot }: Stand): Promise<number> {
  await allot.shutdown();
  const startMs = performance.now();
  await allot.restart();
  return (performance.now() - startMs) / 1000;
}
