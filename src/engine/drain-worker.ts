import { parentPort } from "node:worker_threads";
import { loadConfig } from "../config.ts";
import { createLogger } from "../log.ts";
import { openDrain } from "./open-drain.ts";

const config = loadConfig();
const drain = openDrain(config, createLogger(config.logLevel));
parentPort!.once("message", () => drain.stop());
await drain.run();
parentPort!.close();
