import { embedded } from "./issuing/embedded.ts";
import { grpc } from "./issuing/grpc.ts";
import { http1At64 } from "./issuing/http1-64.ts";
import { http1At256 } from "./issuing/http1-256.ts";
import { json } from "./issuing/json.ts";
import { paced } from "./paced.ts";
import type { Benchmark } from "./result.ts";
import { sale } from "./sale.ts";

/** Every benchmark, by the name it is asked for, in the order they run. */
export const benchmarks: Record<string, Benchmark> = {
  "http1-64": http1At64,
  "http1-256": http1At256,
  json,
  grpc,
  embedded,
  paced,
  sale,
};
