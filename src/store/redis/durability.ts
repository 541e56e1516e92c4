import type { Redis } from "ioredis";

/** Why a restart of this Redis could lose what it acknowledged; empty: it loses nothing, by its settings. */
export async function durabilityGaps(redis: Redis): Promise<string[]> {
  const info = parseInfo(await redis.info());
  const config = (name: string) => redis.config("GET", name) as Promise<string[]>;
  const [appendfsync, onRewrite] = await Promise.all([
    config("appendfsync"),
    config("no-appendfsync-on-rewrite"),
  ]);
  const gaps: string[] = [];
  if (info.get("aof_enabled") !== "1") gaps.push("appendonly is off");
  if (appendfsync[1] !== "always") gaps.push(`appendfsync is ${appendfsync[1]}, not always`);
  if (onRewrite[1] === "yes") gaps.push("no-appendfsync-on-rewrite is yes");
  if (info.get("role") !== "master") gaps.push(`its role is ${info.get("role")}`);
  // It followed another master until it was promoted: what that one acknowledged last may be missing here.
  if (Number(info.get("second_repl_offset") ?? -1) !== -1) gaps.push("it was promoted from a replica");
  return gaps;
}

export function parseInfo(text: string): Map<string, string> {
  return new Map(
    text
      .split("\r\n")
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}
