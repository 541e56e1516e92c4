import type { Redis } from "ioredis";
import { readServerFacts, type ServerFacts } from "./server-facts.ts";

/** The settings that decide it; appendonly itself is in INFO. */
export const durabilitySettings = ["appendfsync", "no-appendfsync-on-rewrite"] as const;

/** What a gap is about. */
export type GapName = "appendonly" | (typeof durabilitySettings)[number] | "role" | "promoted";

/** Why a restart of this Redis could lose what it acknowledged; empty: it loses nothing, by its settings. */
export async function durabilityGaps(redis: Redis): Promise<string[]> {
  return [...gapsIn(await readServerFacts(redis, durabilitySettings)).values()];
}

/** The same from facts that are there, each gap in words. */
export function gapsIn({ info, config }: ServerFacts): Map<GapName, string> {
  const gaps = new Map<GapName, string>();
  const setting = (name: GapName) => config.get(name) ?? "hidden from this user";
  if (info.get("aof_enabled") !== "1") gaps.set("appendonly", "appendonly is off");
  if (setting("appendfsync") !== "always")
    gaps.set("appendfsync", `appendfsync is ${setting("appendfsync")}, not always`);
  if (setting("no-appendfsync-on-rewrite") !== "no")
    gaps.set(
      "no-appendfsync-on-rewrite",
      `no-appendfsync-on-rewrite is ${setting("no-appendfsync-on-rewrite")}`,
    );
  if (info.get("role") !== "master") gaps.set("role", `its role is ${info.get("role")}`);
  // It followed another master until it was promoted: what that one acknowledged last may be missing here.
  if (Number(info.get("second_repl_offset") ?? -1) !== -1)
    gaps.set("promoted", "it was promoted from a replica");
  return gaps;
}
