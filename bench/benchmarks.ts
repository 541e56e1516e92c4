import { deep } from "./deep.ts";
import { draining } from "./drain.ts";
import { functionCost } from "./function.ts";
import { halfRate } from "./half-rate.ts";
import { batches } from "./issuing/batches.ts";
import { embedded } from "./issuing/embedded.ts";
import { grpc } from "./issuing/grpc.ts";
import { http1At64 } from "./issuing/http1-64.ts";
import { http1At256 } from "./issuing/http1-256.ts";
import { json } from "./issuing/json.ts";
import { mechanics } from "./issuing/mechanics.ts";
import { soldOut } from "./issuing/sold-out.ts";
import { workers } from "./issuing/workers.ts";
import { recording } from "./ledger.ts";
import { paced } from "./paced.ts";
import { raffle } from "./raffle.ts";
import { redeeming } from "./redeeming.ts";
import type { Benchmark } from "./result.ts";
import { sale } from "./sale.ts";
import { scale } from "./scale/measure.ts";
import { start } from "./start.ts";

/** Every benchmark, by the name it is asked for, in the order they run. */
export const benchmarks: Record<string, Benchmark> = {
  "http1-64": http1At64,
  "http1-256": http1At256,
  json,
  grpc,
  "sold-out": soldOut,
  embedded,
  batches,
  workers,
  mechanics,
  redeeming,
  "half-rate": halfRate,
  paced,
  sale,
  start,
  function: functionCost,
  ledger: recording,
  scale,
  drain: draining,
  raffle,
  deep,
};
