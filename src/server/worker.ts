import cluster from "node:cluster";
import { AggregatorRegistry } from "prom-client";
import type { Metrics } from "../metrics.ts";

const answerMs = 6_000;

interface Scraped {
  readonly type: "allot:scraped";
  readonly id: number;
  readonly text?: string;
}

/**
 * Makes this process one of several on a port: it counts together with the others, leaves Ctrl-C to the primary (a terminal sends it to
 * everybody) and stops when the primary is gone.
 *
 * @returns what /metrics shows: the metrics of all workers.
 */
export function becomeWorker(metrics: Metrics): () => Promise<string> {
  AggregatorRegistry.setRegistries([metrics.registry]);
  // Its constructor is what makes this process answer the primary.
  new AggregatorRegistry();
  process.on("SIGINT", () => {});
  cluster.worker!.once("disconnect", () => process.kill(process.pid, "SIGTERM"));

  let asked = 0;
  const waiting = new Map<number, (text: string | undefined) => void>();
  process.on("message", (message: Scraped | undefined) => {
    if (message?.type === "allot:scraped") waiting.get(message.id)?.(message.text);
  });
  return () =>
    new Promise((resolve, reject) => {
      const id = asked++;
      const settle = (text: string | undefined) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (text === undefined) reject(new Error("not every worker reported its metrics"));
        else resolve(text);
      };
      const timer = setTimeout(settle, answerMs, undefined);
      waiting.set(id, settle);
      process.send!({ type: "allot:scrape", id });
    });
}
