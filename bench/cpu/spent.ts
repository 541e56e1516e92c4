import { cpus } from "node:os";
import { type CpuTimes, familyCpuMs, ownCpuMs } from "./processes.ts";

export interface Spent<T> {
  value: T;
  /** CPU of each process; the generator is this process and those it starts. */
  cpuMs: CpuTimes;
  /** What all other processes took of the machine meanwhile, from 0 to 1: how far the figures can be believed. */
  othersShare: number;
}

/** What some processes spend on a piece of work. */
export async function spentOn<T>(pids: Record<string, number>, work: () => Promise<T>): Promise<Spent<T>> {
  const read = (): CpuTimes => ({
    ...Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, familyCpuMs(pid)])),
    generator: ownCpuMs(),
  });
  const [before, busyBeforeMs, startMs] = [read(), machineBusyMs(), performance.now()];
  const value = await work();
  const [after, busyMs, tookMs] = [read(), machineBusyMs() - busyBeforeMs, performance.now() - startMs];
  const cpuMs = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - before[name]!]));
  const ours = Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
  return { value, cpuMs, othersShare: Math.max(0, busyMs - ours) / (tookMs * cpus().length) };
}

const machineBusyMs = () =>
  cpus().reduce((sum, { times: { user, nice, sys } }) => sum + user + nice + sys, 0);
