import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU by what the processes are called here: server, redis, database, generator. */
export type CpuTimes = Record<string, number>;

export interface CpuMs {
  user: number;
  system: number;
}

const clock = (() => {
  try {
    return 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  } catch {
    return Number.NaN;
  }
})();

/** CPU that a process and the processes it started have used until now, from Linux's /proc; elsewhere NaN. */
export function cpuMsOf(pid: number): CpuMs {
  const all = family(pid).map((one) => readStat(String(one)));
  return {
    user: all.reduce((sum, { user }) => sum + user, 0),
    system: all.reduce((sum, { system }) => sum + system, 0),
  };
}

/** The same of this process and of those it started that have ended since. */
export function ownCpuMs(): number {
  const { user, system, endedUser, endedSystem } = readStat("self");
  return user + system + endedUser + endedSystem;
}

/** proc_pid_stat(5): utime, stime, cutime and cstime. The second field is the program's name in brackets, which may hold anything. */
function readStat(pid: string) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) * clock);
    return { user: user!, system: system!, endedUser: endedUser!, endedSystem: endedSystem! };
  } catch {
    return { user: Number.NaN, system: Number.NaN, endedUser: Number.NaN, endedSystem: Number.NaN };
  }
}

function family(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(family)];
  } catch {
    return [pid];
  }
}
