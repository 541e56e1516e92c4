import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:net";
import { AggregatorRegistry } from "prom-client";
import type { Logger } from "../log.ts";

export interface WorkersOptions {
  readonly count: number;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
}

const firstDelayMs = 100;
const mostDelayMs = 10_000;
/** A worker that lived this long was not the victim of what it found at its start. */
const settledMs = 30_000;
/** What workers may take to stop by themselves. */
const stopMs = 60_000;

/**
 * In the primary process: runs this program `count` times, each with a socket of its own on the one port, so that the kernel spreads
 * connections and no process passes them on. A worker that ends is replaced, after a pause that doubles while it keeps ending.
 *
 * Resolves when SIGTERM or SIGINT has come and every worker, told to stop by SIGTERM, has ended.
 */
export async function runWorkers({ count, host, port, log }: WorkersOptions): Promise<void> {
  const env = { PORT: String(port === 0 ? await freePort(host) : port) };
  const stopping = new AbortController();
  answerScrapes();

  async function keepRunning(): Promise<void> {
    for (let crashes = 0; !stopping.signal.aborted; ) {
      const startedMs = performance.now();
      const worker = cluster.fork(env);
      const exit = once(worker, "exit");
      const tell = () => stop(worker);
      stopping.signal.addEventListener("abort", tell);
      const [code, signal] = await exit;
      stopping.signal.removeEventListener("abort", tell);
      if (stopping.signal.aborted) return;
      crashes = performance.now() - startedMs > settledMs ? 0 : crashes + 1;
      const delayMs = crashes === 0 ? 0 : Math.min(mostDelayMs, firstDelayMs * 2 ** (crashes - 1));
      log.error(
        { pid: worker.process.pid, code, signal, delayMs },
        "a worker ended by itself and is replaced",
      );
      await pause(delayMs, stopping.signal);
    }
  }

  const onSignal = () => stopping.abort();
  process.once("SIGTERM", onSignal).once("SIGINT", onSignal);
  await Promise.all(Array.from({ length: count }, keepRunning));
  process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
}

function stop(worker: Worker): void {
  worker.process.kill("SIGTERM");
  const timer = setTimeout(() => worker.process.kill("SIGKILL"), stopMs);
  worker.once("exit", () => clearTimeout(timer));
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Every worker needs the same port, so "any" is chosen before they start. */
async function freePort(host: string): Promise<number> {
  const probe = createServer().listen({ host, port: 0, exclusive: true });
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A scrape reaches one worker, which asks here for what all of them count. */
function answerScrapes(): void {
  const aggregator = new AggregatorRegistry();
  cluster.on("message", (worker, message) => {
    if (message?.type !== "allot:scrape") return;
    aggregator.clusterMetrics().then(
      (text) => worker.send({ type: "allot:scraped", id: message.id, text }),
      () => worker.send({ type: "allot:scraped", id: message.id }),
    );
  });
}
