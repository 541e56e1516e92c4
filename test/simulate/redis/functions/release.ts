import type { Keyspace } from "../keyspace.ts";
import { pack, unpack } from "./bytes.ts";
import { countOf, stampBytes } from "./column.ts";
import { type Call, guard } from "./prelude.ts";

export function markReleased(data: Keyspace, key: string, serials: string[]): void {
  for (const serial of serials) data.hset(key, serial, "1");
}

interface Rule {
  limit: number;
  remembers: boolean;
  stamp: number;
}

/** What a key is left with, one entry less: "" with nothing; undefined where it is not about this entry. */
function oneLess(rule: Rule, value: string, serial: number): string | undefined {
  const count = countOf(rule, value);
  if (count > 1) {
    if (!rule.remembers) return `${count - 1}`;
    const stamp = value.slice(0, rule.stamp);
    return count > 2 ? stamp + pack(4, count - 1) : stamp;
  }
  if (rule.remembers && rule.limit === 1 && unpack(6, value) !== serial) return undefined;
  return "";
}

/** See src/store/redis/functions/release.lua. */
export function release(call: Call): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  if (data.hget(keys[1]!, args[1]!) !== undefined) return ["ok"];
  const stamp = stampBytes(args[2] === "1");
  keys.slice(2).forEach((hash, r) => {
    const [limit, remembers, key] = args.slice(3 + 3 * r, 6 + 3 * r) as [string, string, string];
    const value = key === "" ? undefined : data.hget(hash, key);
    if (value === undefined) return;
    const rest = oneLess(
      { limit: Number(limit), remembers: remembers === "1", stamp },
      value,
      Number(args[1]),
    );
    if (rest === "") data.hdel(hash, key);
    else if (rest !== undefined) data.hset(hash, key, rest);
  });
  markReleased(data, keys[1]!, [args[1]!]);
  return ["ok"];
}
