/** One thing that must be reached. */
export interface Line {
  what: string;
  measured: string;
  bound: string;
  passed: boolean;
}

export interface Result {
  settings: Record<string, unknown>;
  lines: Line[];
  figures: Record<string, unknown>;
}

/** A benchmark against a Redis and a MySQL that are its own, named by these settings. */
export type Bench = (servers: { REDIS_URL: string; MYSQL_URL: string }) => Promise<Result>;

export const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
