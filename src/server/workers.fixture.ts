import cluster from "node:cluster";
import { loadConfig } from "../config.ts";
import { createLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { healthRoutes } from "../rpc/health.ts";
import { createReadiness } from "./readiness.ts";
import { createServer } from "./server.ts";
import { becomeWorker } from "./worker.ts";
import { runWorkers } from "./workers.ts";

// Two workers on one port, as `allot serve --workers 2` wires them; each tells its address on standard output.
const config = loadConfig();
const log = createLogger("fatal");

if (cluster.isPrimary) {
  await runWorkers({ count: 2, host: config.host, port: config.port, log });
  console.log("all ended");
} else {
  const metrics = createMetrics();
  const readiness = createReadiness();
  const scrape = becomeWorker(metrics);
  const routes = healthRoutes([], readiness);
  const server = createServer({
    config,
    routes,
    readiness,
    metrics,
    log,
    scrape,
    reusePort: true,
    graceMs: 0,
  });
  const { url } = await server.listen();
  console.log(`${process.pid} ${url}`);
  process.once("SIGTERM", async () => {
    await server.stop(5_000);
    process.exit();
  });
}
