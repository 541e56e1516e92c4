import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { AuditFilter, AuditLedger, AuditRow } from "../ledger/audit.ts";
import { table, timeOf } from "./table.ts";

const PAGE = 500;

export interface AuditCommandDeps {
  /** Opens the ledger that the settings name; it is closed again. */
  openLedger(): Promise<Pick<AuditLedger, "audit"> & { close(): Promise<void> }>;
  output?: NodeJS.WritableStream;
}

/** `allot audit`. */
export function registerAuditCommand(
  program: Command,
  { openLedger, output = process.stdout }: AuditCommandDeps,
): void {
  program
    .command("audit")
    .description("List what managers did, or tried to, newest first; beside servers that run")
    .option("--campaign <id>", "only what is about this campaign")
    .option(
      "--since <time>",
      "only from then on, as in 2026-11-20 (UTC) or 2026-11-20T09:30:00+09:00",
      readTime,
    )
    .option("--json", "a line of JSON for each")
    .action(async ({ campaign, since, json }: { campaign?: string; since?: number; json?: true }) => {
      const filter = {
        ...(campaign !== undefined && { campaignId: campaign }),
        ...(since !== undefined && { sinceMs: since }),
      };
      const ledger = await openLedger();
      try {
        const text = json ? linesOf(pagesOf(ledger, filter)) : tablesOf(pagesOf(ledger, filter));
        await pipeline(Readable.from(text), output, { end: false });
      } catch (error) {
        // Whoever reads has seen enough, such as `head`.
        if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
      } finally {
        await ledger.close();
      }
    });
}

async function* pagesOf(ledger: Pick<AuditLedger, "audit">, filter: AuditFilter) {
  let rows: AuditRow[] = [];
  do {
    rows = await ledger.audit(filter, rows.at(-1)?.id, PAGE);
    yield rows;
  } while (rows.length === PAGE);
}

async function* linesOf(pages: AsyncIterable<AuditRow[]>) {
  for await (const rows of pages) {
    for (const { timeMs, actor, address, method, campaignId, userHash, requestId, outcome } of rows) {
      const time = new Date(timeMs).toISOString();
      const subject = { campaignId, userHash: userHash && Buffer.from(userHash).toString("hex") };
      yield `${JSON.stringify({ time, actor, address, method, ...subject, requestId, outcome })}\n`;
    }
  }
}

async function* tablesOf(pages: AsyncIterable<AuditRow[]>) {
  let head = [["TIME", "ACTOR", "ADDRESS", "METHOD", "ABOUT", "OUTCOME", "REQUEST ID"]];
  for await (const rows of pages) {
    yield table([...head, ...rows.map(cellsOf)]);
    head = [];
  }
}

function cellsOf({ timeMs, actor, address, method, campaignId, userHash, requestId, outcome }: AuditRow) {
  const about = userHash ? `user ${Buffer.from(userHash).toString("hex")}` : campaignId;
  const cells = [timeOf(timeMs), actor, address, method, about, outcome || "not known", requestId];
  // Subjects and request ids are anybody's text: none may steer a terminal.
  return cells.map((cell) => cell.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd"));
}

function readTime(text: string): number {
  try {
    return /T/i.test(text)
      ? Temporal.Instant.from(text).epochMilliseconds
      : Temporal.PlainDate.from(text).toZonedDateTime("UTC").epochMilliseconds;
  } catch {
    throw new InvalidArgumentError("It must look like 2026-11-20 or 2026-11-20T09:30:00+09:00.");
  }
}
