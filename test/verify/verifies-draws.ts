import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clients } from "../client.ts";
import { ticketNumbers } from "./ticket-order.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const python = fileURLToPath(new URL("./verify.py", import.meta.url));
const dayMs = 86_400_000;

let campaigns = 0;

/** A service under test: several servers of it, or one, and the settings by which commands find its ledger. */
export interface Service {
  clients: Clients[];
  env: Record<string, string>;
  /** Runs a statement in the ledger's database. */
  sql(statement: string): Promise<unknown>;
}

/** What was drawn through the public port is verified from the ledger beside the servers, and from files; and so does a stranger. */
export function verifiesDraws(service: () => Service): void {
  const one = () => service().clients[0]!;
  const some = (i: number) => service().clients[i % service().clients.length]!;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "allot-verify-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function create(mechanic: object, campaign: object): Promise<string> {
    const id = `verified-${++campaigns}`;
    const endTime = timestampFromMs(Date.now() + 3 * dayMs);
    await one().campaigns.createCampaign({ campaign: { id, endTime, mechanic, ...campaign } as object });
    return id;
  }

  const allot = (...args: string[]) => run(process.execPath, [program, ...args], service().env);
  /** Without any settings: as somebody who has the files alone. */
  const verifyFiles = (dir: string) => run(process.execPath, [program, "verify", "--from", dir], {});
  async function exported(id: string, ...more: string[]): Promise<string> {
    const dir = mkdtempSync(join(folder, "export-"));
    const { code, output } = await allot("export", id, "--what", "draws", "--dir", dir, ...more);
    expect(output).toMatch(/^Written to .* SHA-256 of manifest.json: [0-9a-f]{64}\n$/);
    expect(code).toBe(0);
    return dir;
  }
  const linesOf = (dir: string, name: string) =>
    readFileSync(join(dir, name), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  const everything = (dir: string) =>
    readdirSync(dir)
      .map((name) => readFileSync(join(dir, name), "utf8"))
      .join("");
  const drained = (campaignId: string) =>
    expect
      .poll(async () => (await one().campaigns.getCampaign({ campaignId })).campaign!.stats!.undrained)
      .toBe(0);
  async function revealed(campaignId: string): Promise<string> {
    const secret = async () => (await one().campaigns.getCampaign({ campaignId })).campaign!.revealedSecret;
    await expect.poll(async () => (await secret()).length, { timeout: 20_000 }).toBe(32);
    return Buffer.from(await secret()).toString("hex");
  }
  async function passes(id: string, dir: string, ...lines: (string | RegExp)[]): Promise<void> {
    for (const { code, output } of [await allot("verify", id), await verifyFiles(dir)]) {
      expect(output).toMatch(new RegExp(`^PASS  ${id}, `));
      expect(output).not.toContain("not checked  the commitment");
      for (const line of lines) expect(output).toMatch(line);
      expect(code).toBe(0);
    }
  }
  async function strangers(dir: string): Promise<object> {
    const { code, output } = await run("/usr/bin/python3", [python, dir], {});
    expect(code, output).toBe(0);
    return JSON.parse(output);
  }

  describe("verify", () => {
    test("instant wins, across quotas, changes and returned coupons", async () => {
      const prizes = [
        { id: "gold", oddsPpm: 200_000, quota: 12 },
        { id: "silver", oddsPpm: 300_000, dailyQuota: 15 },
        { id: "bronze", oddsPpm: 250_000 },
      ];
      const id = await create(
        { case: "instantWin", value: {} },
        {
          prizes,
          limits: { perUserPerDay: 3 },
          timeZone: "Asia/Seoul",
          partitions: service().clients.length,
        },
      );
      const crowd = (from: number, to: number) =>
        Promise.all(
          Array.from({ length: to - from }, (_, i) =>
            some(i).draws.draw({
              campaignId: id,
              userId: `user-${(from + i) % 60}`,
              requestId: `${from + i}`,
            }),
          ),
        );
      await crowd(0, 100);
      const { campaign } = await one().campaigns.getCampaign({ campaignId: id });
      const changed = prizes.map((prize) => ({ ...prize, oddsPpm: prize.oddsPpm + 50_000 }));
      changed[0]!.quota = 16;
      await one().campaigns.updateCampaign({
        campaign: { id, prizes: changed },
        revision: campaign!.revision,
        updateMask: { paths: ["prizes"] },
      });
      const later = await crowd(100, 140);
      const won = later.flatMap(({ outcome }) =>
        outcome.case === "draw" && outcome.value.coupon ? [outcome.value] : [],
      );
      const { coupon, userId } = won[0]!;
      await drained(id);
      await one().coupons.revokeCoupon({ code: coupon!.code, reason: "by mistake", returnQuota: true });
      await one().draws.draw({ campaignId: id, userId, requestId: "once more" });
      await crowd(140, 170);
      await drained(id);

      // Whoever has the master key need not wait; the others can't check the draws themselves yet.
      const early = await allot("verify", id);
      expect(early.output).toMatch(/^PASS(?:.|\n)*17[01] draws made anew from the secret/);
      const hidden = await exported(id);
      const unrevealed = await verifyFiles(hidden);
      expect(unrevealed.output).toMatch(/^PASS(?:.|\n)*not checked {2}what each draw comes to/);

      await one().campaigns.endCampaign({ campaignId: id });
      const secret = await revealed(id);
      expect(everything(hidden)).not.toContain(secret);
      const dir = await exported(id);
      expect(everything(dir)).toContain(secret);
      expect(everything(dir)).not.toContain("user-1");
      expect(everything(dir)).not.toContain(coupon!.code);
      await passes(id, dir, /17[01] draws made anew from the secret/, /17[01] numbers, by user and day/);
      const rows = linesOf(dir, "entries.ndjson");
      expect(await strangers(dir)).toMatchObject({
        draws: rows.length,
        won: rows.filter(({ given }) => given).length,
      });
      expect(rows.filter(({ returned }) => returned)).toHaveLength(1);
      expect(new Set(rows.map(({ revision }) => revision)).size).toBe(2);

      const withIds = await exported(id, "--with-user-ids");
      expect(linesOf(withIds, "entries.ndjson")[0].userId).toMatch(/^user-/);
    });

    test("a raffle: its tickets' order, and its winners with public entropy", async () => {
      const id = await create(
        { case: "raffle", value: { tickets: 60 } },
        {
          prizes: [
            { id: "car", quota: 1 },
            { id: "mug", quota: 7 },
          ],
        },
      );
      const claims = Array.from({ length: 50 }, (_, i) =>
        some(i).raffles.claimTicket({ campaignId: id, userId: `user-${i}` }),
      );
      await Promise.all(claims);
      await one().campaigns.endCampaign({ campaignId: id });
      await one().raffles.drawWinners({ campaignId: id, entropy: Buffer.from("round 4711 of a beacon") });
      const dir = await exported(id);
      await passes(id, dir, "50 tickets, each handed out once", "8 winners, and the digest of all claims");
      expect(await strangers(dir)).toMatchObject({ tickets: 50, winners: 8 });

      const numbers = ticketNumbers(Buffer.from(await revealed(id), "hex"), 60);
      for (const { offset, ticket } of linesOf(dir, "entries.ndjson")) expect(ticket).toBe(numbers[offset]);
      const { winners } = await one().raffles.listWinners({ campaignId: id });
      expect(
        linesOf(dir, "winners.ndjson").map(({ rank, prize, ticket }) => ({ rank, prize, ticket })),
      ).toEqual(
        winners.map(({ rank, prizeId, ticketNumber }) => ({ rank, prize: prizeId, ticket: ticketNumber })),
      );
    });

    test("a lottery: each round by its own secret, and by the campaign's in the end", async () => {
      const id = await create(
        { case: "lottery", value: {} },
        {
          startTime: timestampFromMs(Date.now() - 2 * dayMs),
          prizes: [
            { id: "car", quota: 1 },
            { id: "mug", quota: 4 },
          ],
          limits: { perUserPerDay: 2 },
        },
      );
      const submit = (i: number) =>
        some(i).lotteries.submitBallot({ campaignId: id, userId: `user-${i % 20}`, requestId: `${i}` });
      await Promise.all(Array.from({ length: 40 }, (_, i) => submit(i)));
      await drained(id);
      const before = await exported(id);
      expect((await verifyFiles(before)).output).toMatch(
        /^PASS(?:.|\n)*not checked {2}(rounds that are not drawn yet|ballots of a round that has just begun): \d/,
      );
      await one().campaigns.endCampaign({ campaignId: id });
      await revealed(id);
      const dir = await exported(id);
      await passes(id, dir, "40 ballots, each of its day's round", "with 5 winners");
      expect(await strangers(dir)).toMatchObject({ ballots: 40, winners: 5 });
    });

    test("files that were changed, and then made to look whole", async () => {
      const id = await create(
        { case: "instantWin", value: {} },
        { prizes: [{ id: "gold", oddsPpm: 500_000 }] },
      );
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => some(i).draws.draw({ campaignId: id, userId: `user-${i}` })),
      );
      await one().campaigns.endCampaign({ campaignId: id });
      await revealed(id);
      const dir = await exported(id);
      const path = join(dir, "entries.ndjson");
      const lines = readFileSync(path, "utf8").split("\n");
      const at = lines.findIndex((line) => line.includes('"given"'));
      lines[at] = lines[at]!.replace(/"drawn":"gold","given":"gold",/, "");
      writeFileSync(path, lines.join("\n"));
      expect(await verifyFiles(dir)).toEqual({
        code: 1,
        output: expect.stringMatching(/^FAIL .*was changed/),
      });

      const manifest = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8"));
      const file = manifest.files.find(({ name }: { name: string }) => name === "entries.ndjson");
      file.sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
      writeFileSync(join(dir, "manifest.json"), JSON.stringify(manifest));
      const { code, output } = await verifyFiles(dir);
      const { partition, epoch, n, i } = JSON.parse(lines[at]!);
      expect(output.split("\n").slice(0, 2)).toEqual([
        expect.stringMatching(/^FAIL/),
        expect.stringContaining(`entry ${partition}/${epoch}/${n}/${i} `),
      ]);
      expect(output).toContain("it drew no prize, and by the secret it is gold");
      expect(code).toBe(1);
    });

    test("a ledger that was changed: the first row that differs is named", async () => {
      const id = await create(
        { case: "instantWin", value: {} },
        { prizes: [{ id: "gold", oddsPpm: 1_000_000 }] },
      );
      for (const userId of ["ada", "grace", "linus"]) await one().draws.draw({ campaignId: id, userId });
      await drained(id);
      expect((await allot("verify", id)).output).toMatch(/^PASS/);
      const hash = Buffer.alloc(16, 0xab).toString("hex");
      const ofCampaign = `campaign_no = (SELECT no FROM campaign WHERE id = '${id}')`;
      await service().sql(
        `UPDATE entry SET user_hash = x'${hash}' WHERE user_id = 'grace' AND ${ofCampaign}`,
      );
      expect(await allot("verify", id)).toEqual({
        code: 1,
        output: expect.stringMatching(
          new RegExp(`^FAIL .*\\n.*user ${hash}, .*its user hash is not that of its user id`),
        ),
      });
      await service().sql(`DELETE FROM entry WHERE user_id = 'grace' AND ${ofCampaign}`);
      expect(await allot("verify", id)).toEqual({
        code: 1,
        output: expect.stringContaining("there are 2, and 3 were counted when they were recorded"),
      });
    });

    test("a campaign without draws, and one that there is not", async () => {
      const id = await create({ case: "firstCome", value: {} }, { prizes: [{ id: "mug", quota: 3 }] });
      expect(await allot("verify", id)).toEqual({
        code: 1,
        output: expect.stringContaining("Nothing is drawn"),
      });
      expect(await allot("verify", "nowhere")).toEqual({
        code: 1,
        output: expect.stringContaining("no campaign"),
      });
    });
  });
}

/** Output and errors together, and the exit code. */
function run(command: string, args: string[], env: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile(
      command,
      args,
      { env: { PATH: process.env.PATH, ...env }, cwd: tmpdir() },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}
