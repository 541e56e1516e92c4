import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PoolClients, poolClientsOf } from "./code-pools/pool-clients.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let server: TestServer;
let clients: PoolClients;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-import-"));
  server = await startAllot();
  clients = poolClientsOf(server.url);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function allot(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args, "--server", server.url]);
  const [output, notes, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { output, notes, code };
}

async function fileOf(content: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  await writeFile(path, content);
  return path;
}

const listed = async (campaignId: string) => (await clients.codes(campaignId)).map(({ code }) => code);

test("a column of codes is imported, and the same file again adds nothing", async () => {
  const campaign = await clients.createImported("bare");
  const file = await fileOf('one\ntwo\n"with, comma"\n\n  spaced \n가🎁\n');
  const first = await allot("import", campaign, file);
  expect(first).toMatchObject({ code: 0, output: "5 codes are imported.\n" });
  expect(await allot("import", campaign, file)).toMatchObject({ code: 0 });
  expect(await listed(campaign)).toEqual(["one", "two", "with, comma", "  spaced ", "가🎁"]);
});

test("of several columns the one called code is imported", async () => {
  const campaign = await clients.createImported("named");
  const file = await fileOf("\ufeffno,Code,note\r\n1,n-1,x\r\n2,n-2,\r\n");
  expect(await allot("import", campaign, file)).toMatchObject({ code: 0 });
  expect(await listed(campaign)).toEqual(["n-1", "n-2"]);
  const unnamed = await allot("import", campaign, await fileOf("1,a\n2,b\n"));
  expect(unnamed.code).toBe(1);
  expect(unnamed.notes).toContain('none is called "code"');
});

test("what keeps a file out is told by its lines", async () => {
  const campaign = await clients.createImported("lines");
  const twice = await allot("import", campaign, await fileOf('code\n\na\nb\n\n"a"\nbare\n'));
  expect(twice.code).toBe(1);
  expect(twice.notes).toContain('line 6: "a" is on line 3 too');
  const known = await allot("import", campaign, await fileOf("code\nfresh\none\n"));
  expect(known.notes).toContain('line 3: "one" is in a pool already');
  const bad = await allot("import", campaign, await fileOf(`code\nfine\n${"x".repeat(65)}\n`));
  expect(bad.notes).toContain("line 3: It can have 64 characters, not 65.");
  const broken = await allot("import", campaign, await fileOf('code\nfine\n"open\n'));
  expect(broken.code).toBe(1);
  expect(broken.notes).toMatch(/line/i);
  const none = await allot("import", campaign, await fileOf("code\n"));
  expect(none.notes).toContain("no codes");
  const missing = await allot("import", campaign, join(folder, "nowhere.csv"));
  expect(missing.notes).toContain("nowhere.csv");
  expect(await listed(campaign)).toEqual([]);
});

test("a file of more than one chunk is one file", async () => {
  const campaign = await clients.createImported("chunks");
  const codes = Array.from({ length: 20_001 }, (_, i) => `chunk-${i}`);
  const file = await fileOf(`${codes.join("\n")}\n`);
  expect(await allot("import", campaign, file)).toMatchObject({
    code: 0,
    output: "20001 codes are imported.\n",
  });
  const { output } = await allot("export", campaign, "--format", "ndjson");
  const rows = output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.map(({ code }) => code)).toEqual(codes);
});

test("codes and coupons are exported, without formulas for who opens them in a spreadsheet", async () => {
  const campaign = await clients.createImported("export");
  await clients.upload(campaign, ["=1+1", 'quote"comma,', "plain"]);
  await clients.pools.assignCode({ campaignId: campaign, userId: "@user" });
  const { output } = await allot("export", campaign);
  const [head, first, second, third, end] = output.split("\n");
  expect(head).toBe("code,state,user_id,create_time,assign_time,redeem_time,delete_time");
  expect(first).toMatch(/^'=1\+1,ASSIGNED,'@user,\d{4}-.*Z,\d{4}-.*Z,,$/);
  expect(second).toMatch(/^"quote""comma,",FREE,,\d{4}-.*Z,,,$/);
  expect(third).toMatch(/^plain,FREE,/);
  expect(end).toBe("");
  const file = join(folder, "coupons.ndjson");
  await allot("export", campaign, "--what", "coupons", "--format", "ndjson", "--output", file);
  const again = await allot("export", campaign, "--what", "coupons", "--format", "ndjson");
  expect(JSON.parse(again.output)).toMatchObject({ code: "=1+1", user_id: "@user", state: "ISSUED" });
  expect(await readFile(file, "utf8")).toBe(again.output);
});

test("what the server refuses is told in its words", async () => {
  const { notes, code } = await allot("export", "nowhere");
  expect(code).toBe(1);
  expect(notes).toContain('There is no campaign "nowhere".');
});
