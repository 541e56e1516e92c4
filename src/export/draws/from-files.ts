import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { Records } from "../../verify/records.ts";
import { campaignFile, linesWithPrizes, roundLine } from "./format.ts";
import { BadFile, decode, linesOf } from "./lines.ts";
import { checkManifest } from "./manifest.ts";

/** The records that writeFiles wrote. Throws BadFile, also while entries are read. */
export async function fromFiles(dir: string): Promise<Records> {
  await checkManifest(dir);
  const path = (name: string) => join(dir, name);
  const text = await readFile(path("campaign.json"), "utf8").catch(() => {
    throw new BadFile(`There is no ${path("campaign.json")}.`);
  });
  const { campaign, raffleDraw } = decode(campaignFile, text, path("campaign.json"));
  const lines = linesWithPrizes(campaign.revisions.at(-1)!.prizes.map(({ id }) => id));
  const { kind } = campaign.mechanic;
  const tickets = kind === "raffle" ? await all(path("winners.ndjson"), lines.ticketWon) : [];
  const ballots = kind === "lottery" ? await all(path("winners.ndjson"), lines.ballotWon) : [];
  const rounds = kind === "lottery" ? await all(path("rounds.ndjson"), roundLine) : [];
  const byDate = Map.groupBy(ballots, ({ date }) => date);
  const unknown = ballots.find(({ date }) => !rounds.some((round) => round.date === date));
  if (unknown)
    throw new BadFile(`${path("winners.ndjson")} has a winner of ${unknown.date}, which has no round.`);
  if (!raffleDraw && tickets.length > 0) {
    throw new BadFile(`${path("winners.ndjson")} has winners, and the raffle was not drawn.`);
  }
  return {
    campaign,
    raffle: raffleDraw && { ...raffleDraw, won: tickets },
    rounds: rounds.map((round) => ({
      ...round,
      won: (byDate.get(round.date) ?? []).map(({ date: _, ...won }) => won),
    })),
    entries: () => linesOf(path("entries.ndjson"), lines.entry),
    userHash: undefined,
  };
}

async function all<Line extends z.ZodType>(path: string, line: Line): Promise<z.output<Line>[]> {
  const lines: z.output<Line>[] = [];
  for await (const some of linesOf(path, line)) lines.push(...some);
  return lines;
}
