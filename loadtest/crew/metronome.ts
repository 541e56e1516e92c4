import { performance } from "node:perf_hooks";
import { monotonicMs } from "../clock.ts";

interface Beat {
  /** Number of the interval that just ended, from the start; below 0 before it. */
  index: number;
  lengthMs: number;
  /** Share of the interval in which this thread's event loop was busy. */
  utilization: number;
}

/** Calls at the end of every interval, without drifting away from the start. Returns what ends it, with one last beat. */
export const metronome = (
  startMs: number,
  intervalMs: number,
  onBeat: (beat: Beat) => void,
): (() => void) => {
  let before = performance.eventLoopUtilization();
  let beganMs = monotonicMs();
  let index = Math.floor((monotonicMs() - startMs) / intervalMs);
  let timer: NodeJS.Timeout;
  const beat = (): void => {
    const now = performance.eventLoopUtilization();
    const endedMs = monotonicMs();
    const { utilization } = performance.eventLoopUtilization(now, before);
    onBeat({ index, lengthMs: endedMs - beganMs, utilization });
    before = now;
    beganMs = endedMs;
  };
  const schedule = (): void => {
    const endMs = startMs + (index + 1) * intervalMs;
    timer = setTimeout(() => {
      beat();
      index = Math.max(index + 1, Math.floor((monotonicMs() - startMs) / intervalMs));
      schedule();
    }, endMs - monotonicMs());
  };
  schedule();
  return () => {
    clearTimeout(timer);
    beat();
  };
};
