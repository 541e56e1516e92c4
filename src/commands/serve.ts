import cluster from "node:cluster";
import { openAccess } from "../auth/open-access.ts";
import type { Config } from "../config.ts";
import { runAll } from "../flows/service.ts";
import type { Logger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { Audit } from "../rpc/audit.ts";
import { authGate } from "../rpc/authorize.ts";
import { healthRoutes } from "../rpc/health.ts";
import { managerNetworkGate } from "../rpc/manager-networks.ts";
import { rateGate } from "../rpc/rate-gate.ts";
import { reflectionRoutes } from "../rpc/reflection.ts";
import { createReadiness, untilReady } from "../server/readiness.ts";
import { createServer } from "../server/server.ts";
import { welcome } from "../server/welcome.ts";
import { becomeWorker } from "../server/worker.ts";
import { runWorkers } from "../server/workers.ts";
import { openLedger } from "./open-ledger.ts";
import { openParts } from "./serving/parts.ts";
import { batches, codecs, serviceRoutes, services } from "./serving/services.ts";
import { signalled } from "./signalled.ts";

/** How long one of several workers waits until it can issue before it takes connections: its neighbours may be ready by then. */
const workerReadyMs = 5_000;
/** How long a stopping server waits for what is in flight. */
const stopMs = 15_000;
const readinessMs = 250;

/** Serves until SIGTERM or SIGINT: opens ledger, store and port in this order, and closes them in reverse. */
export async function serve(config: Config, log: Logger, workers: number): Promise<void> {
  if (workers > 1 && cluster.isPrimary) {
    await runWorkers({ count: workers, host: config.host, port: config.port, log });
    return;
  }
  const stop = signalled();
  const metrics = createMetrics();
  // Early: from here on a worker notices when the primary is gone.
  const scrape = cluster.isWorker ? becomeWorker(metrics) : undefined;
  const opened = await openLedger(config, log, stop);
  if (opened === undefined) return;
  const { ledger } = opened;
  const parts = await openParts({ config, opened, metrics, log });
  const { engine, secrets } = parts;
  const { access, services: credentials } = openAccess(ledger, config, log);
  const audit = new Audit({ ledger, secrets, log, clock: Date.now });
  const readiness = createReadiness();
  const server = createServer({
    ...{ config, readiness, metrics, log, codecs, batches },
    gates: [
      rateGate(authGate(access), config),
      ...(config.managerNetworks ? [managerNetworkGate(config.managerNetworks, audit)] : []),
    ],
    reusePort: cluster.isWorker,
    ...(scrape && { scrape }),
    routes(unaudited) {
      const router = audit.router(unaudited);
      serviceRoutes(parts, router);
      healthRoutes(services, readiness)(router);
      reflectionRoutes(services)(router);
    },
  });

  const background = runAll([...parts.background, ...credentials], log);
  const follow = setInterval(() => {
    const [trouble] = engine.troubles();
    if (trouble === undefined) readiness.clear("engine");
    else readiness.block("engine", trouble);
  }, readinessMs);
  readiness.block("engine", "starting");
  if (cluster.isWorker) await untilReady(readiness, workerReadyMs);
  const { url } = await server.listen();
  log.info({ url, mode: opened.kind === "lent" ? "redis and mysql" : "embedded" }, "serving");
  if (process.stdout.isTTY || opened.kind === "embedded") process.stdout.write(`\n${welcome(url)}\n`);

  await stop.promise;
  log.info("stopping: finishing what is in flight");
  await server.stop(stopMs);
  clearInterval(follow);
  await background.stop();
  await engine.close();
  await ledger.close();
  log.info("stopped");
}
