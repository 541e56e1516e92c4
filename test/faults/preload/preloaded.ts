import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";

/** The environment in which a process sees them; those that this machine can't have are left out. */
export function preloaded(...parts: (Clock | Disk | undefined)[]): Record<string, string> {
  const envs = parts.flatMap((part) => (part ? [part.env] : []));
  if (envs.length === 0) return {};
  return Object.assign({}, ...envs, { LD_PRELOAD: envs.map((env) => env.LD_PRELOAD).join(" ") });
}
