import { type CpuTimes, familyCpuMs, ownCpuMs } from "./processes.ts";

/** Milliseconds of CPU that each of some processes spends on a piece of work; the generator is this process and those it starts. */
export async function spentOn<T>(
  pids: Record<string, number>,
  work: () => Promise<T>,
): Promise<{ value: T; cpuMs: CpuTimes }> {
  const read = (): CpuTimes => ({
    ...Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, familyCpuMs(pid)])),
    generator: ownCpuMs(),
  });
  const before = read();
  const value = await work();
  const after = read();
  const cpuMs = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - before[name]!]));
  return { value, cpuMs };
}
