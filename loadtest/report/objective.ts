/** What objectives are measured against. */
export interface Measures {
  /** The latency that this percentage of the requests stayed within; 100 is the maximum. */
  latencyMs(percentage: number): number;
  /** Answers per second. */
  rate: number;
  /** Requests that failed or were never sent, and all that were due. */
  errors: number;
  due: number;
}

/** A bound that a run must keep, e.g. `p99<50ms`. */
export interface Objective {
  text: string;
  measure(measures: Measures): { met: boolean; actual: string };
}

export const objectiveGrammar =
  "p50, p90, p99, p99.9, p99.99 or max < 50ms (us, ms, s); rate > 950; errors < 5 or < 0.1%; also <= and >=";

const unitMs: Record<string, number> = { us: 0.001, ms: 1, s: 1_000 };
const pattern = /^(p\d{1,2}(?:\.\d+)?|max|rate|errors)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(us|ms|s|%)?$/;

/** Reads an objective; throws an error that says what one looks like. */
export const parseObjective = (text: string): Objective => {
  const [, metric, comparison, number, unit] = pattern.exec(text.trim()) ?? [];
  const refuse = (): never => {
    throw new Error(`'${text}' is no objective; one is ${objectiveGrammar}`);
  };
  if (metric === undefined || comparison === undefined) return refuse();
  const keeps = (actual: number, bound: number): boolean =>
    comparison === "<"
      ? actual < bound
      : comparison === "<="
        ? actual <= bound
        : comparison === ">"
          ? actual > bound
          : actual >= bound;
  const upward = comparison.startsWith(">");

  if (metric === "rate") {
    if (!upward || unit !== undefined) return refuse();
    return {
      text,
      measure: ({ rate }) => ({ met: keeps(rate, Number(number)), actual: `${rate.toFixed(1)}/s` }),
    };
  }
  if (upward) return refuse();
  if (metric === "errors") {
    if (unit !== undefined && unit !== "%") return refuse();
    return {
      text,
      measure: ({ errors, due }) => {
        const share = due === 0 ? 0 : (100 * errors) / due;
        const met = keeps(unit === "%" ? share : errors, Number(number));
        return { met, actual: `${errors} (${share.toFixed(3)}%)` };
      },
    };
  }
  const toMs = unitMs[unit ?? ""];
  if (toMs === undefined) return refuse();
  const percentage = metric === "max" ? 100 : Number(metric.slice(1));
  return {
    text,
    measure: ({ latencyMs }) => {
      const actualMs = latencyMs(percentage);
      return { met: keeps(actualMs, Number(number) * toMs), actual: `${actualMs.toFixed(3)}ms` };
    },
  };
};
