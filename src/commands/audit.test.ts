import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Command, CommanderError } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AuditRow } from "../ledger/audit.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { registerAuditCommand } from "./audit.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-audit-"));
});
afterEach(() => rm(folder, { recursive: true }));

const openLedger = async () => sqliteLedger(openSqlite(folder));

async function write(...rows: Partial<AuditRow>[]) {
  const ledger = await openLedger();
  for (const [n, row] of rows.entries()) {
    const timeMs = row.timeMs ?? NOW_MS + n * 1_000;
    const id = Buffer.alloc(16);
    id.writeUIntBE(timeMs, 0, 6);
    id.writeUInt16BE(n, 6);
    const usual = { actor: "key:k1", address: "10.1.0.1", method: "EndCampaign", campaignId: "autumn" };
    const empty = { userHash: undefined, requestId: "", outcome: "OK" };
    await ledger.beginAudit({ ...usual, ...empty, ...row, id, timeMs });
  }
  await ledger.close();
}

async function run(...words: string[]) {
  const output = new PassThrough();
  const errors: string[] = [];
  const program = new Command("allot").exitOverride().configureOutput({
    writeErr: (line) => errors.push(line),
    writeOut: () => {},
  });
  registerAuditCommand(program, { openLedger, output });
  const shown = text(output);
  const exitCode = await program.parseAsync(["audit", ...words], { from: "user" }).then(
    () => 0,
    (error) => {
      if (error instanceof CommanderError) return error.exitCode;
      throw error;
    },
  );
  output.end();
  return { exitCode, output: await shown, errors: errors.join("") };
}

test("rows are listed newest first, with what is known of each", async () => {
  await write(
    { requestId: "r1" },
    { method: "BanParticipant", campaignId: "", userHash: Buffer.alloc(16, 0xab), outcome: "" },
    { actor: "token:ops", outcome: "CAMPAIGN_NOT_FOUND" },
  );
  const lines = (await run()).output.trimEnd().split("\n");
  expect(lines).toEqual([
    expect.stringMatching(/^TIME +ACTOR +ADDRESS +METHOD +ABOUT +OUTCOME +REQUEST ID$/),
    expect.stringMatching(
      /^2026-11-20T12:00:02Z +token:ops +10\.1\.0\.1 +EndCampaign +autumn +CAMPAIGN_NOT_FOUND$/,
    ),
    expect.stringMatching(
      /^2026-11-20T12:00:01Z +key:k1 +10\.1\.0\.1 +BanParticipant +user (ab){16} +not known$/,
    ),
    expect.stringMatching(/^2026-11-20T12:00:00Z +key:k1 +10\.1\.0\.1 +EndCampaign +autumn +OK +r1$/),
  ]);
});

test("a campaign's, and those from an instant on", async () => {
  await write({ campaignId: "winter" }, {}, { campaignId: "winter" }, { campaignId: "spring" });
  const times = async (...words: string[]) =>
    (await run(...words)).output.split("\n").flatMap((line) => /T(12:\S+)Z /.exec(line)?.[1] ?? []);
  expect(await times("--campaign", "winter")).toEqual(["12:00:02", "12:00:00"]);
  expect(await times("--campaign", "summer")).toEqual([]);
  expect(await times("--since", "2026-11-20T21:00:02+09:00")).toEqual(["12:00:03", "12:00:02"]);
  expect(await times("--since", "2026-11-20")).toHaveLength(4);
  expect(await times("--since", "2026-11-21")).toEqual([]);
});

test("as JSON there is one object a line, over many pages", async () => {
  await write(...Array.from({ length: 1_001 }, (_, n) => ({ requestId: String(n) })));
  const lines = (await run("--json")).output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ requestId }) => Number(requestId))).toEqual(
    Array.from({ length: 1_001 }, (_, n) => 1_000 - n),
  );
  expect(lines.at(-1)).toEqual({
    time: "2026-11-20T12:00:00.000Z",
    actor: "key:k1",
    address: "10.1.0.1",
    method: "EndCampaign",
    campaignId: "autumn",
    requestId: "0",
    outcome: "OK",
  });
});

test("nobody's text steers the terminal", async () => {
  await write({ actor: "token:\u001b[2J\u202eann", requestId: "a\nb" });
  const { output } = await run();
  expect(output).toContain("token:\ufffd[2J\ufffdann");
  expect(output.trimEnd().split("\n")).toHaveLength(2);
});

test("whoever reads may stop early", async () => {
  await write(...Array.from({ length: 600 }, () => ({})));
  const output = new PassThrough();
  output.once("data", () => output.destroy(Object.assign(new Error("closed"), { code: "EPIPE" })));
  const program = new Command("allot").exitOverride();
  registerAuditCommand(program, { openLedger, output });
  await program.parseAsync(["audit", "--json"], { from: "user" });
  // The folder is free again.
  await (await openLedger()).close();
});

test.each(["yesterday", "2026-13-01", "2026-11-20T09:30"])("--since %s says what is wrong", async (since) => {
  const { exitCode, errors } = await run("--since", since);
  expect(exitCode).not.toBe(0);
  expect(errors).toContain("It must look like 2026-11-20");
});
