import { pack } from "./bytes.ts";
import { readPool, stockIn, writePool } from "./pool.ts";
import { append, type Call, guard } from "./prelude.ts";

/** See src/store/redis/functions/stock.lua. */
export function grant(call: Call): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  const pool = readPool(data.hget(keys[1]!, args[1]!));
  for (let at = 2; at < args.length; at += 4) {
    const [number, first, size] = args.slice(at, at + 3).map(Number) as [number, number, number];
    if (number > pool.last + 1) return ["gap", `${pool.last}`];
    if (number === pool.last + 1) {
      pool.last = number;
      pool.mark = args[at + 3]!;
      if (size > 0) pool.blocks.push({ number, next: first, stop: first + size });
    }
  }
  data.hset(keys[1]!, args[1]!, writePool(pool));
  return ["ok", `${pool.last}`];
}

export function recall(call: Call): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  const fields: string[] = [];
  const entry: string[] = [];
  let [size, count] = [0, 0];
  for (let at = 3; at < args.length; at += 3) {
    const [field, prize, day] = [args[at]!, Number(args[at + 1]), args[at + 2]!];
    const pool = readPool(data.hget(keys[2]!, field));
    const stock = stockIn(pool);
    let left = args[2] === "all" ? stock : Math.ceil(stock / 2);
    for (const block of pool.blocks.toReversed()) {
      const part = Math.min(left, block.stop - block.next);
      if (part === 0) continue;
      block.stop -= part;
      left -= part;
      count += part;
      const packed = `${pack(4, Number(args[1]))}${pack(2, prize)}${pack(6, block.number)}${pack(6, block.stop)}${pack(6, part)}${pack(2, day.length)}${day}`;
      entry.push("r", packed);
      size += packed.length;
    }
    if (stock > 0) fields.push(field, writePool(pool));
  }
  if (size === 0) return ["ok", "0", "0"];
  const n = append(call, keys[1]!, fence, entry, size);
  data.hset(keys[2]!, ...fields);
  return ["ok", `${n}`, `${count}`];
}

export function adopt(call: Call): string[] {
  return raise(call, "rev");
}

export function seal(call: Call): string[] {
  return raise(call, "sealed");
}

function raise(call: Call, field: "rev" | "sealed"): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  if (Number(args[1]) > Number(data.hget(keys[1]!, field) ?? 0)) data.hset(keys[1]!, field, args[1]!);
  return ["ok"];
}
