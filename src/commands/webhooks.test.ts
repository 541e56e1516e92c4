import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Command, CommanderError } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { USUAL_TYPES } from "../events/event-type.ts";
import { secretText } from "../events/sign.ts";
import { Receiver } from "../flows/webhooks/receiver.fixture.ts";
import { openSecrets } from "../keys/secrets.ts";
import { create } from "../ledger/contract/harness.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { registerWebhooksCommand } from "./webhooks.ts";

const masterKey = randomBytes(32);
let folder: string;
let receiver: Receiver;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "allot-webhooks-"));
  receiver = await Receiver.start();
});
afterEach(async () => {
  await receiver.stop();
  await rm(folder, { recursive: true });
});

async function open() {
  const ledger = sqliteLedger(openSqlite(folder));
  return { ledger, secrets: await openSecrets(ledger, masterKey) };
}

async function inLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { ledger } = await open();
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

async function run(...words: string[]) {
  const output = new PassThrough();
  const notes = new PassThrough();
  const errors: string[] = [];
  const program = new Command("allot").exitOverride().configureOutput({
    writeErr: (line) => errors.push(line),
    writeOut: () => {},
  });
  registerWebhooksCommand(program, { open, output, notes });
  const exitCode = await program.parseAsync(["webhooks", ...words], { from: "user" }).then(
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

const endpoints = () => inLedger((ledger) => ledger.endpoints());

test("an endpoint is added, and its secret shown once, alone on standard output", async () => {
  const { no } = await inLedger((ledger) => create(ledger, { id: "autumn" }));
  const usual = await run("add", receiver.url);
  const some = await run(
    ...["add", receiver.url, "--types", "allot.draw.won, allot.round.closed"],
    ...["--campaign", "autumn", "--no-user-ids"],
  );
  expect(some.output).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
  expect(some.output).not.toBe(usual.output);
  expect(await endpoints()).toMatchObject([
    { url: receiver.url, types: USUAL_TYPES, campaignNo: undefined, userIds: true },
    { types: ["allot.draw.won", "allot.round.closed"], campaignNo: no, userIds: false },
  ]);
  const { output } = await run("list");
  expect(output).not.toContain("whsec");
  expect(output).toContain("gets: all types but ballots, of all campaigns\n");
  expect(output).toContain("gets: allot.draw.won, allot.round.closed, of autumn, without user ids\n");
  expect(output).toContain("  state: delivering\n  waiting: 0 ");
});

test("a test event is signed and its answer told", async () => {
  const secret = (await run("add", receiver.url)).output.trim();
  const { id } = (await endpoints())[0]!;
  expect(await run("test", id)).toMatchObject({ exitCode: 0, output: `${receiver.url}: it answered 200\n` });
  receiver.verify(secret);
  expect(receiver.accepted[0]!.event).toMatchObject({ type: "allot.webhook.test", source: "/webhooks" });
  receiver.behave = () => 404;
  const refused = await run("test", id);
  expect([refused.exitCode, refused.errors]).toEqual([1, `${receiver.url}: it answered 404\n`]);
});

test("a new secret takes the place of the old one, which signs for a day more", async () => {
  const before = (await run("add", receiver.url)).output.trim();
  const { id } = (await endpoints())[0]!;
  const { output } = await run("rotate", id);
  const [after] = await endpoints();
  const { ledger, secrets } = await open();
  await ledger.close();
  const unwrapped = [after!.wrappedSecret, after!.previous!.wrapped].map((one) =>
    secretText(secrets.unwrap("webhook", one)),
  );
  expect(unwrapped).toEqual([output.trim(), before]);
  expect(Math.round((after!.previous!.untilMs - Date.now()) / 3_600_000)).toBe(24);
  expect((await run("list")).output).toContain("the secret of before signs too until ");
});

test("what fails is listed with its reason, retried and removed", async () => {
  await run("add", receiver.url);
  const { id, no } = (await endpoints())[0]!;
  await inLedger(async (ledger) => {
    await ledger.leaseEndpoint(no, "server", 60_000);
    const health = {
      deliveredMs: 0,
      failures: 3,
      failingMs: 60_000,
      nextMs: 120_000,
      problem: "it answered 500",
    };
    await ledger.noteDelivery(no, "server", [], { ...health, disabledMs: undefined });
  });
  expect((await run("list")).output).toContain(
    "state: failing since 1970-01-01T00:01:00Z, 3 in a row (it answered 500), next try 1970-01-01T00:02:00Z\n",
  );
  expect((await run("retry", id)).exitCode).toBe(0);
  expect((await endpoints())[0]!.retryMs).toBeGreaterThan(0);
  expect((await run("remove", id)).output).toBe(`Endpoint ${id} is removed.\n`);
  expect(await endpoints()).toEqual([]);
});

test.each([
  [["add", "ftp://a.example"], /http/],
  [["add", "nonsense"], /http/],
  [["add", `https://a.example/${"a".repeat(2_048)}`], /2048 bytes/],
  [
    ["add", "https://a.example", "--types", "allot.draw.won,allot.draw.lost"],
    /no allot.draw.lost\. There are/,
  ],
  [["add", "https://a.example", "--campaign", "none"], /There is no campaign none/],
  [["remove", "wh_x"], /There is no endpoint wh_x/],
  [["rotate", "wh_x"], /There is no endpoint wh_x/],
  [["retry", "wh_x"], /There is no endpoint wh_x/],
  [["test", "wh_x"], /There is no endpoint wh_x/],
])("%j says what is wrong, and changes nothing", async (words, problem) => {
  const { exitCode, errors, output } = await run(...words);
  expect([exitCode, output]).toEqual([1, ""]);
  expect(errors).toMatch(problem);
  expect(await endpoints()).toEqual([]);
});
