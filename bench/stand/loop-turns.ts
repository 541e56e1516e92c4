/** Preloaded into a server: on SIGUSR2 it writes how many turns its event loop has made, to the file that LOOP_TURNS_FILE names. */
import { renameSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

process.on("SIGUSR2", () => {
  const file = process.env.LOOP_TURNS_FILE!;
  writeFileSync(`${file}.new`, String(performance.nodeTiming.uvMetricsInfo.loopCount));
  renameSync(`${file}.new`, file);
});
