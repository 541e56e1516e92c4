/**
 * What a pool of a million codes costs: made ahead, and brought along in a hundred chunks, then listed and assigned from; embedded, and with
 * Redis and MySQL or MariaDB. Passes where a million are made in under 30 s, and no call of an import takes as long as a call may (10 s).
 *
 *   node bench/code-pools.ts [codes]
 */
import { PoolCode_State as State } from "../src/gen/allot/v1/code_pool_pb.js";
import { type PoolClients, poolClientsOf } from "../test/code-pools/pool-clients.ts";
import { Stand } from "./stand/stand.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const chunkSize = 10_000;
const madeLimitMs = 30_000;
const callLimitMs = 10_000;

let passed = true;

async function timed<T>(
  what: string,
  work: () => Promise<T>,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  const tookMs = performance.now() - startedMs;
  if (tookMs > limitMs) passed = false;
  const verdict = limitMs === Number.POSITIVE_INFINITY ? "" : tookMs > limitMs ? "  FAIL" : "  PASS";
  process.stdout.write(`  ${what.padEnd(46)}${(tookMs / 1_000).toFixed(2).padStart(8)} s${verdict}\n`);
  return result;
}

async function measure(name: string, clients: PoolClients): Promise<void> {
  process.stdout.write(`${name}, ${count} codes\n`);
  const made = await clients.create("made");
  const told = await timed("made ahead", () => clients.generate(made, count), madeLimitMs);
  process.stdout.write(`  told on the way: ${told.length} messages\n`);

  const imported = await clients.createImported("imported");
  const codes = Array.from({ length: count }, () => crypto.randomUUID());
  let slowestMs = 0;
  const answer = await timed("imported", async () => {
    const chunks = Math.ceil(count / chunkSize);
    for (let chunk = 0; ; chunk++) {
      const startedMs = performance.now();
      const part = codes.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
      const isLast = chunk === chunks - 1;
      const request = { campaignId: imported, uploadId: "file", chunk, codes: part };
      const last = await clients.pools.importCodes({ ...request, chunks: isLast ? chunks : 0 });
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      if (isLast) return last;
    }
  });
  if (answer.imported !== count) throw new Error(`${answer.imported} were imported`);
  if (slowestMs > callLimitMs) passed = false;
  process.stdout.write(`  the slowest call of it: ${(slowestMs / 1_000).toFixed(2)} s\n`);
  // A wrong file is told from a right one as it comes.
  const again = await clients.createImported("again");
  await timed("imported a second time, into another pool", async () => {
    const { duplicates } = await clients.upload(again, codes, { size: chunkSize });
    if (duplicates.length !== 100) throw new Error("duplicates were not found");
  });

  for (const campaignId of [made, imported]) {
    await timed(`assigned from ${campaignId}, 1,000`, async () => {
      const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
      await Promise.all(users.map((userId) => clients.pools.assignCode({ campaignId, userId })));
    });
    const first = (states: State[]) => clients.pools.listCodes({ campaignId, states, pageSize: 1_000 });
    await timed("listed, a page of all", () => first([]));
    await timed("listed, a page of the assigned", () => first([State.ASSIGNED]));
    await timed("listed, a page of the free", () => first([State.FREE]));
    await timed("listed, a page of the redeemed", () => first([State.REDEEMED]));
  }
}

for (const embedded of [true, false]) {
  await using stand = await Stand.open({ embedded });
  await measure(embedded ? "embedded" : "redis and mysql", poolClientsOf(stand.url));
}
process.exitCode = passed ? 0 : 1;
