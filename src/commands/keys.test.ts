import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Command, CommanderError } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readApiKey } from "../auth/api-key.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { registerKeysCommand } from "./keys.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-keys-"));
});
afterEach(() => rm(folder, { recursive: true }));

const openLedger = async () => sqliteLedger(openSqlite(folder));

async function run(...words: string[]) {
  const output = new PassThrough();
  const notes = new PassThrough();
  const errors: string[] = [];
  const program = new Command("allot").exitOverride().configureOutput({
    writeErr: (line) => errors.push(line),
    writeOut: () => {},
  });
  const masterKeys = () => expect.unreachable();
  registerKeysCommand(program, { openLedger, masterKeys, output, notes });
  const exitCode = await program.parseAsync(["keys", ...words], { from: "user" }).then(
    () => 0,
    (error) => {
      if (error instanceof CommanderError) return error.exitCode;
      throw error;
    },
  );
  output.end();
  notes.end();
  return { exitCode, output: await text(output), notes: await text(notes), errors: errors.join("") };
}

async function storedKeys() {
  const ledger = await openLedger();
  try {
    return await ledger.apiKeys();
  } finally {
    await ledger.close();
  }
}

test("a key is made and shown once, alone on standard output", async () => {
  const { output, notes } = await run("create", "--name", "web shop", "--role", "issuer");
  const [stored] = await storedKeys();
  const sent = readApiKey(output.trimEnd());
  expect(sent).toEqual({ id: stored!.id, hash: stored!.hash });
  expect(stored).toMatchObject({ name: "web shop", role: "issuer", revokeMs: undefined });
  expect(notes).toContain(`Authorization: Bearer ${output.trimEnd()}`);
  expect((await run("list")).output).not.toContain(output.trimEnd().slice(17));
});

test("keys are listed and revoked", async () => {
  await run("create", "--name", "one", "--role", "manager");
  await run("create", "--name", "other", "--role", "viewer");
  const [one, other] = await storedKeys();
  expect(await run("revoke", one!.id)).toMatchObject({
    exitCode: 0,
    output: `API key ${one!.id} is revoked.\n`,
  });
  const { output } = await run("list");
  const lines = output.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^ID +ROLE +CREATED +REVOKED +NAME$/);
  expect(lines.find((line) => line.startsWith(one!.id))).toMatch(/ manager +\S+Z +\S+Z +one$/);
  expect(lines.find((line) => line.startsWith(other!.id))).toMatch(/ viewer +\S+Z +other$/);
});

test.each([
  [["revoke", "nobody"], /There is no API key nobody/],
  [["create", "--name", "x"], /required option '--role/],
  [["create", "--role", "viewer"], /required option '--name/],
  [["create", "--name", "x", "--role", "king"], /manager, issuer, redeemer, viewer/],
  [["create", "--name", "", "--role", "viewer"], /1 to 200 characters/],
  [["create", "--name", "a\nb", "--role", "viewer"], /without line breaks/],
])("%j says what is wrong", async (words, problem) => {
  const { exitCode, errors } = await run(...words);
  expect(exitCode).not.toBe(0);
  expect(errors).toMatch(problem);
  expect(await storedKeys()).toEqual([]);
});
