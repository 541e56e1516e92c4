import { type Call, guard } from "./prelude.ts";

function countBans({ data }: Call, fence: string, key: string): void {
  data.hset(fence, "bans", `${data.hlen(key)}`);
}

export function banUsers(call: Call, hashes: string[]): void {
  const [fence, key] = call.keys as [string, string];
  for (const hash of hashes) call.data.hset(key, hash, "1");
  countBans(call, fence, key);
}

/** See src/store/redis/functions/bans.lua. */
export function ban(call: Call): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  if (args[2] === "1") {
    banUsers(call, [args[1]!]);
  } else {
    data.hdel(keys[1]!, args[1]!);
    countBans(call, keys[0]!, keys[1]!);
  }
  return ["ok"];
}
