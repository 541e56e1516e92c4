import { styleText } from "node:util";
import type { Timeline } from "../crew/timeline.ts";
import type { OutcomeFamily } from "../record/outcome.ts";
import { count, duration } from "./text.ts";

/** Where the display is written: a terminal is drawn over, anything else gets a line a second. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

interface Progress {
  timeline: Timeline;
  plannedMs: number;
  elapsedMs(): number;
}

const redrawMs = 250;
const lineMs = 1_000;
const speedOverMs = 1_000;
const barWidth = 40;
const families: [OutcomeFamily, "green" | "yellow" | "red" | "gray"][] = [
  ["given", "green"],
  ["refused", "yellow"],
  ["error", "red"],
  ["hung up", "gray"],
];

/** Shows how a run goes until the returned function is called. */
export const showLive = (screen: Screen, progress: Progress): (() => void) => {
  const speed = new Speed();
  speed.measure(progress);
  if (!screen.isTTY) {
    const timer = setInterval(() => screen.write(`${line(progress, speed)}\n`), lineMs);
    return () => clearInterval(timer);
  }
  let drawn = 0;
  const draw = (): void => {
    const lines = block(progress, speed);
    const up = drawn > 0 ? `\x1b[${drawn}A` : "";
    screen.write(up + lines.map((text) => `\x1b[2K${text}\n`).join(""));
    drawn = lines.length;
  };
  draw();
  const timer = setInterval(draw, redrawMs);
  return () => {
    clearInterval(timer);
    draw();
  };
};

interface Sample {
  atMs: number;
  sent: number;
  answered: number;
}

const answeredSoFar = (timeline: Timeline): number => timeline.ended("given") + timeline.ended("refused");

/** Rates over the last second or so, from one drawing to the next. */
class Speed {
  readonly #samples: Sample[] = [];

  measure({ timeline, elapsedMs }: Progress): { sent: number; answered: number } {
    const now = { atMs: elapsedMs(), sent: timeline.sent, answered: answeredSoFar(timeline) };
    this.#samples.push(now);
    while (this.#samples.length > 2 && now.atMs - this.#samples[1]!.atMs >= speedOverMs)
      this.#samples.shift();
    const before = this.#samples[0]!;
    const perSecond = 1_000 / Math.max(1, now.atMs - before.atMs);
    return {
      sent: (now.sent - before.sent) * perSecond,
      answered: (now.answered - before.answered) * perSecond,
    };
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const line = (progress: Progress, speed: Speed): string => {
  const { timeline } = progress;
  const { answered } = speed.measure(progress);
  const ended = families.map(([family]) => `${count(timeline.ended(family))} ${family}`).join(", ");
  return (
    `${seconds(progress.elapsedMs()).padStart(8)}  ${count(answered)} answers/s  ${count(timeline.latest?.inFlight ?? 0)} in flight  ` +
    `p50 ${duration(timeline.latency.percentileMs(50))}  p99 ${duration(timeline.latency.percentileMs(99))}  ${ended}`
  );
};

const block = (progress: Progress, speed: Speed): string[] => {
  const { timeline, plannedMs } = progress;
  const elapsedMs = progress.elapsedMs();
  const { sent, answered } = speed.measure(progress);
  const { inFlight = 0, waiting = 0 } = timeline.latest ?? {};
  const done = Math.min(1, Math.max(0, elapsedMs / plannedMs));
  const filled = Math.round(done * barWidth);
  const bar = styleText("cyan", "━".repeat(filled)) + styleText("gray", "─".repeat(barWidth - filled));
  const dim = (text: string): string => styleText("gray", text);
  return [
    `${bar} ${seconds(elapsedMs)} ${dim(`of ${seconds(plannedMs)}`)}`,
    `${dim("sent      ")} ${count(timeline.sent).padStart(11)}   ${count(sent).padStart(8)}/s`,
    `${dim("answered  ")} ${count(answeredSoFar(timeline)).padStart(11)}   ${count(answered).padStart(8)}/s`,
    `${dim("in flight ")} ${count(inFlight).padStart(11)}   ${waiting > 0 ? styleText("yellow", `${count(waiting)} waiting for a connection`) : ""}`,
    `${dim("latency   ")} p50 ${duration(timeline.latency.percentileMs(50))}   p99 ${duration(timeline.latency.percentileMs(99))}   max ${duration(timeline.latency.maxMs)}`,
    families
      .map(([family, color]) => `${styleText(color, "●")} ${count(timeline.ended(family))} ${family}`)
      .join("   "),
  ];
};
