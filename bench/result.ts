import type { Turn } from "./rounds/turn.ts";

/** One thing that must be reached. */
export interface Line {
  what: string;
  measured: string;
  bound: string;
  passed: boolean;
  /** For comparing runs: the figure by itself, where there is one. */
  value?: number;
  /** How many times over a bound on a figure is kept; below 1 it is missed. */
  margin?: number;
}

export interface Result {
  settings: Record<string, unknown>;
  lines: Line[];
  /** What took turns, with all turns that counted. */
  contenders?: Record<string, Turn[]>;
  /** Whose rate is 1 in pictures. */
  yardstick?: string;
  /** What else was seen; nothing depends on it. */
  figures: Record<string, unknown>;
}

/** One file's measurements, with servers of their own. */
export interface Benchmark {
  title: string;
  /** What it stands for, in a sentence or two. */
  about: string;
  /** Takes long, and is left out unless it is asked for. */
  deep?: boolean;
  run(options: RunOptions): Promise<Result>;
}

export interface RunOptions {
  /** How many times everything takes its turn, besides the first, which warms up and is not counted. */
  rounds: number;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
