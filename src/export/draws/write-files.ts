import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type TicketOrder, ticketOrder } from "../../draws/ticket-order.ts";
import type { EntryRecord, Records } from "../../verify/records.ts";
import { ticketNumbers } from "../../verify/ticket-numbers.ts";
import { campaignFile, FORMAT, linesWithPrizes, type manifestFile, roundLine } from "./format.ts";
import { HashedFile } from "./hashed-file.ts";

export interface WriteFilesOptions {
  /** Made where there is none; it has to be empty. */
  dir: string;
  /** For the operator alone: with whose entries they are. */
  withUserIds: boolean;
}

/**
 * Writes records for everybody to check: no secret that is not revealed, and users by their hashes alone. Returns the SHA-256 of the manifest,
 * which has those of all other files: who publishes it can't change a row afterwards.
 */
export async function writeFiles(records: Records, { dir, withUserIds }: WriteFilesOptions): Promise<string> {
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) throw new Error(`${dir} is not empty: name a folder of its own.`);
  const files: z.infer<typeof manifestFile>["files"] = [];
  const write = async (name: string, pages: Iterable<unknown[]> | AsyncIterable<unknown[]>) => {
    const file = await HashedFile.create(join(dir, name));
    for await (const lines of pages) await file.write(lines);
    files.push({ name, bytes: file.bytes, lines: file.lines, sha256: await file.close() });
  };

  const { campaign, raffle, rounds } = records;
  const { entry, ticketWon, ballotWon } = linesWithPrizes(
    campaign.revisions.at(-1)!.prizes.map(({ id }) => id),
  );
  const { mechanic, secret, revealed } = campaign;
  const tickets = mechanic.kind === "raffle" ? mechanic.tickets : 0;
  const order = tickets > 0 ? ticketOrder(secret!, tickets) : undefined;

  const shown = { ...campaign, secret: revealed ? secret : undefined } as z.output<
    typeof campaignFile
  >["campaign"];
  await write("campaign.json", [
    [z.encode(campaignFile, { format: FORMAT, campaign: shown, raffleDraw: raffle })],
  ]);
  await write("entries.ndjson", linesOf());
  if (mechanic.kind === "raffle") {
    const won = raffle?.won ?? [];
    const numbers = ticketNumbers(
      order!,
      tickets,
      won.map(({ offset }) => offset),
    );
    await write("winners.ndjson", [
      won.map((one, at) => z.encode(ticketWon, { ...one, ticket: numbers[at] })),
    ]);
  }
  if (mechanic.kind === "lottery") {
    const publicly = rounds.map((round) => ({
      ...round,
      secret: round.draw || revealed ? round.secret : undefined,
    }));
    await write("rounds.ndjson", [publicly.map((round) => z.encode(roundLine, round))]);
    await write(
      "winners.ndjson",
      rounds.map(({ date, won }) => won.map((one) => z.encode(ballotWon, { date, ...one }))),
    );
  }
  const manifest = await HashedFile.create(join(dir, "manifest.json"));
  await manifest.write([{ format: FORMAT, campaign: campaign.id, files }]);
  return manifest.close();

  async function* linesOf() {
    for await (const page of records.entries()) {
      const numbers = order && numbersOf(order, page);
      yield page.map(({ userId, ...row }, at) =>
        z.encode(entry, { ...row, ...(withUserIds && { userId }), ...(numbers && { ticket: numbers[at] }) }),
      );
    }
  }

  function numbersOf(by: TicketOrder, page: EntryRecord[]) {
    return ticketNumbers(
      by,
      tickets,
      page.map(({ offset }) => offset),
    );
  }
}
