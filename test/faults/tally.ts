import type { FaultKind } from "./fault.ts";
import type { RoundResult } from "./round.ts";

const killed: FaultKind[] = ["server", "redis", "mysql", "two"];

/** What a run amounts to. */
export class Tally {
  readonly seed: number;
  readonly byKind = new Map<FaultKind, number>();
  readonly recoveriesMs: number[] = [];
  rounds = 0;
  acknowledged = 0;
  violations = 0;
  /** The fault that took longest to get over. */
  slowest = "";

  constructor(seed: number) {
    this.seed = seed;
  }

  add({ struck, acknowledged, violations }: RoundResult): void {
    this.rounds++;
    this.acknowledged += acknowledged;
    this.violations += violations.length;
    for (const { fault, recoveryMs } of struck) {
      this.byKind.set(fault.kind, (this.byKind.get(fault.kind) ?? 0) + 1);
      if (recoveryMs >= this.recoveryMaxMs) this.slowest = fault.name;
      this.recoveriesMs.push(recoveryMs);
    }
  }

  get kills(): number {
    return killed.reduce((sum, kind) => sum + (this.byKind.get(kind) ?? 0), 0);
  }

  get recoveryMaxMs(): number {
    return Math.max(0, ...this.recoveriesMs);
  }

  get recoveryMedianMs(): number {
    return this.recoveriesMs.toSorted((a, b) => a - b)[Math.floor(this.recoveriesMs.length / 2)] ?? 0;
  }

  summary(): string {
    const counts = [...this.byKind].map(([kind, count]) => `${kind} ${count}`).join(", ");
    return [
      `seed ${this.seed}: ${this.rounds} rounds, faults: ${counts || "none"}`,
      `${this.acknowledged} acknowledged, ${this.violations} wrong; well again after ` +
        `${(this.recoveryMedianMs / 1_000).toFixed(2)} s (median), ${(this.recoveryMaxMs / 1_000).toFixed(2)} s at most${this.slowest && ` (${this.slowest})`}`,
    ].join("\n");
  }
}
