import { registerHooks } from "node:module";

/** One mechanism, taken out of the code as it is loaded; `from` occurs once in the file. */
export interface Mutation {
  /** From the root of the repository. */
  file: string;
  from: string;
  to: string;
}

const functions = "test/simulate/redis/functions";

export const mutations: Record<string, Mutation> = {
  "fence: a restarted process goes on by its data": {
    file: `${functions}/prelude.ts`,
    from: "const mine = call.live.get(key);",
    to: 'const mine = call.live.getOrInsertComputed(key, () => ({ epoch: stored[0] ?? "", n: Number(stored[1]), clock: 0 }));',
  },
  "fence: a process that missed writes goes on": {
    file: `${functions}/prelude.ts`,
    from: 'if (!mine || stored[0] !== mine.epoch || Number(stored[1]) !== mine.n) return ["unarmed"];',
    to: 'if (!mine || stored[0] !== mine.epoch) return ["unarmed"];\n  mine.n = Number(stored[1]);',
  },
  "epoch on grants: a pool takes blocks of any epoch": {
    file: `${functions}/stock.ts`,
    from: "const { data, keys, args } = call;\n  const fence = guard(call);\n  if (Array.isArray(fence)) return fence;\n  const pool = readPool",
    to: "const { data, keys, args } = call;\n  const fence = guard({ ...call, args: [call.live.get(keys[0]!)?.epoch ?? ''] });\n  if (Array.isArray(fence)) return fence;\n  const pool = readPool",
  },
  "epoch on lending: the ledger lends in any epoch": {
    file: "src/ledger/mysql/lending/lend.ts",
    from: 'if (pool.epoch !== epoch || pool.epoch !== armedEpoch) return { kind: "other-epoch" };',
    to: "void armedEpoch;",
  },
  "block numbers: a block goes into a pool as often as it is pushed": {
    file: `${functions}/stock.ts`,
    from: "if (number === pool.last + 1) {",
    to: "if (number <= pool.last + 1) {",
  },
  "sync: replies leave before the disk has it": {
    file: "test/simulate/redis/host.ts",
    from: 'if (this.#settings.appendfsync === "always") this.#sync();',
    to: "",
  },
  "lane numbers: a batch that is asked for again is taken again": {
    file: `${functions}/take.ts`,
    from: "if (record) {",
    to: "if (record && number < 0) {",
  },
  "doubt about a batch of an earlier epoch is not told": {
    file: `${functions}/take.ts`,
    from: 'let doubtful = args[2] === "1";',
    to: "let doubtful = false;",
  },
  "atomic outbox: the entry is written a moment later": {
    file: `${functions}/take.ts`,
    from: "append(call, keys[1]!, fence, entry, size);",
    to: "setTimeout(() => {\n    if (call.live.get(keys[0]!)?.epoch === fence.epoch) append(call, keys[1]!, { ...fence, n: call.live.get(keys[0]!)!.n }, entry, size);\n  }, 20);",
  },
  "trim after commit: the outbox is trimmed when it was read": {
    file: "src/flows/outbox-mover.ts",
    from: "const { no } = this.#partition;",
    to: "const { no } = this.#partition;\n    const read = entries.at(-1)!;\n    await this.#partition.trim(read.epoch, read.n, read.totalBytes);",
  },
  "high-water mark: what is recorded is recorded again": {
    file: "src/ledger/mysql/lending/record.ts",
    from: "return batch.epoch > highEpoch || (batch.epoch === highEpoch && batch.n > highN);",
    to: "return batch.epoch > highEpoch || batch.n > 0 || highN > 0;",
  },
  "compare on conflict: any row in its place will do": {
    file: "src/ledger/mysql/lending/dead-letters.ts",
    from: 'if (!there) return "its serial is recorded for another entry";',
    to: "if (there || !there) return undefined;",
  },
  "doubt: unspent serials of a store that may have lost something are free": {
    file: "src/flows/arming.ts",
    from: "const proven = first || (intact && known.durable && gaps.length === 0);",
    to: "const proven = true;",
  },
  "restore: claims that were lost are not counted again": {
    file: "src/flows/restore.ts",
    from: "  if (intact) return;\n",
    to: "  if (intact || !intact) return;\n",
  },
  "restore: data that lacks what was drained is taken for whole": {
    file: "src/flows/arming.ts",
    from: "&& !(highEpoch === epoch && highN > n)",
    to: "&& highEpoch + highN + n >= 0",
  },
  "drain before arming: blocks are closed with entries on their way": {
    file: "src/flows/arming.ts",
    from: "await drain.empty(partition.no);\n    const known",
    to: "void drain;\n    const known",
  },
  "sold out while others have stock": {
    file: "src/ledger/mysql/lending/lend.ts",
    from: "if (useful.length > 0) return",
    to: "if (useful.length > 1_000) return",
  },
  "quota: the ledger lends one more": {
    file: "src/ledger/mysql/lending/lend.ts",
    from: "Math.max(prize.quota - prize.granted, 0)",
    to: "Math.max(prize.quota + 1 - prize.granted, 0)",
  },
  "revision: takes under an old one are not stale": {
    file: `${functions}/take.ts`,
    from: 'if (campaign.revision > header.v) return "S";',
    to: "",
  },
  "request records are not looked at": {
    file: `${functions}/take.ts`,
    from: "if (requests && recorded)",
    to: "if (requests && recorded && i < 0)",
  },
  "push: a change whose maker died is not repeated": {
    file: "src/flows/push.ts",
    from: "await lending.unpushed(100)",
    to: "await lending.unpushed(0)",
  },
  "refill: what was lent and not pushed is left alone": {
    file: "src/flows/refill.ts",
    from: "for (const key of keys) await this.#pushMissing",
    to: "for (const key of keys.slice(1_000)) await this.#pushMissing",
  },
  "quota raised after a coupon was returned": {
    file: "src/ledger/sql/change-campaign.ts",
    from: "(reserved ?? 0) - (burned ?? 0)",
    to: "(reserved ?? 0) - 0 * (burned ?? 0)",
  },
  "a Redis without the library is not told from one that is busy": {
    file: "src/store/redis/partition.ts",
    from: 'message.includes("Function not found")',
    to: 'message.includes("no such error")',
  },
};

/** From here on the module is loaded with the mechanism taken out. Throws where the code has moved on. */
export function mutate(name: string): void {
  const mutation = mutations[name];
  if (!mutation) throw new Error(`no mutation "${name}"; there are: ${Object.keys(mutations).join("; ")}`);
  const { file, from, to } = mutation;
  const url = new URL(`../../${file}`, import.meta.url).href;
  registerHooks({
    load(loaded, context, next) {
      const result = next(loaded, context);
      if (loaded !== url) return result;
      const text = String(result.source);
      if (text.split(from).length !== 2) throw new Error(`"${name}": its place is not in ${file} once`);
      return { ...result, source: text.replace(from, () => to) };
    },
  });
}
