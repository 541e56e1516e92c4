/** What a coupon costs, measured: CPU in µs, memory and traffic in bytes. What the model in docs/scale.md is made of. */
export interface Costs {
  server: CallCost;
  redis: RedisCost;
  drainUs: number;
  ledgerUs: number;
  /** Coupons a second that one drain and one ledger record when there is a backlog. */
  recordedPerSecond: number;
  requestBytes: number;
  answerBytes: number;
  redisInBytes: number;
  redisOutBytes: number;
  aofBytes: number;
  ledgerInBytes: number;
  /** In Redis, until the coupon is in the ledger. */
  outboxBytes: number;
  /** In Redis, until the campaign has ended: the user's claim. */
  claimBytes: number;
  ledgerRowBytes: number;
  /** An append to the disk and its sync. */
  syncUs: number;
  /** Coupons in a call of Redis, in the loads that the costs are from: all flat out. */
  batches: { small: number; middling: number; large: number };
}

/** A coupon of a call with b coupons costs `couponUs + callUs ÷ b`. */
export interface CallCost {
  couponUs: number;
  callUs: number;
}

/** In Redis there are also turns of the event loop: each takes in all calls that wait, writes the file, syncs it and answers. */
export interface RedisCost extends CallCost {
  turnUs: number;
}

export const costAt = ({ couponUs, callUs }: CallCost, batch: number) => couponUs + callUs / batch;

/**
 * Least squares, each point counting by its relative error, because a large cost is not to drown the small ones. A point's `of` says how much
 * of each part it has, `us` what it costs; a part that would come out below nothing is left out.
 */
export function fitParts(points: { of: number[]; us: number }[]): number[] {
  const weighed = points.map(({ of, us }) => of.map((amount) => amount / us));
  const size = weighed[0]!.length;
  let parts = Array.from({ length: size }, (_, part) => part);
  for (;;) {
    const values = solve(
      parts.map((p) => parts.map((q) => sum(weighed.map((row) => row[p]! * row[q]!)))),
      parts.map((p) => sum(weighed.map((row) => row[p]!))),
    );
    const least = Math.min(...values);
    if (least >= 0) return Array.from({ length: size }, (_, part) => values[parts.indexOf(part)] ?? 0);
    parts = parts.filter((_, i) => values[i] !== least);
  }
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Gauss's elimination, for the few unknowns there are. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((value) => value / pivot);
    for (let j = 0; j < rows.length; j++) {
      const factor = rows[j]![i]!;
      if (j !== i) rows[j] = rows[j]!.map((value, k) => value - factor * rows[i]![k]!);
    }
  }
  return rows.map((row) => row.at(-1)!);
}
