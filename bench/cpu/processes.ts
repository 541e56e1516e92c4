import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU by what the processes are called here: server, redis, database, generator. */
export type CpuTimes = Record<string, number>;

export interface CpuMs {
  user: number;
  system: number;
}

const tickMs = (() => {
  try {
    return 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  } catch {
    return Number.NaN;
  }
})();

/** CPU that a process by itself has used until now, from Linux's /proc; elsewhere NaN. */
export function cpuMsOf(pid: number): CpuMs {
  const { user, system } = readStat(String(pid));
  return { user, system };
}

/** The same of a process and all that it started: workers, rewriting the append-only file; the ended ones, too. */
export function familyCpuMs(pid: number): number {
  const { user, system, ended } = readStat(String(pid));
  // A child that ended meanwhile has none: it is among the ended ones the next time.
  const children = childrenOf(pid).map((child) => familyCpuMs(child) || 0);
  return user + system + ended + children.reduce((sum, ms) => sum + ms, 0);
}

/** The same of this process and of those it started that have ended since. */
export function ownCpuMs(): number {
  const { user, system, ended } = readStat("self");
  return user + system + ended;
}

/** proc_pid_stat(5): utime, stime, cutime and cstime. The second field is the program's name in brackets, which may hold anything. */
function readStat(pid: string): CpuMs & { ended: number } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const times = fields.slice(11, 15).map((ticks) => Number(ticks) * tickMs);
    const [user, system, endedUser, endedSystem] = times as [number, number, number, number];
    return { user, system, ended: endedUser + endedSystem };
  } catch {
    return { user: Number.NaN, system: Number.NaN, ended: Number.NaN };
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
