import { createWriteStream } from "node:fs";
import { type Command, Option } from "commander";
import { askingServer, type Remote, transportTo } from "../remote.ts";
import { codes } from "./codes.ts";
import { coupons } from "./coupons.ts";
import { exportDraws, type OpenLedger } from "./draws.ts";
import type { ExportKind } from "./kind.ts";
import { type Format, write } from "./write.ts";

const kinds: Record<string, ExportKind> = { codes, coupons };

interface Options extends Remote {
  what: string;
  format: Format;
  output?: string;
  dir?: string;
  withUserIds: boolean;
}

export interface ExportCommandDeps {
  open: OpenLedger;
  output?: NodeJS.WritableStream;
}

/** `allot export`. */
export function registerExportCommand(
  program: Command,
  { open, output = process.stdout }: ExportCommandDeps,
): void {
  const command = program
    .command("export")
    .description("Write what a campaign has: codes or coupons, from a server that runs; or its draws")
    .argument("<campaign>", "its id")
    .addOption(
      new Option("--what <kind>", "what of it").choices([...Object.keys(kinds), "draws"]).default("codes"),
    )
    .addOption(new Option("--format <format>", "as what").choices(["csv", "ndjson"]).default("csv"))
    .option("--output <file>", "where to; standard output otherwise")
    .option("--dir <dir>", "draws: a new folder for the files (default: draws-CAMPAIGN)")
    .option("--with-user-ids", "draws: with user ids, which are nobody else's business", false)
    .addHelpText(
      "after",
      "\nDraws are read from the ledger that the settings name, and written as files that anybody can check with `allot verify --from`.",
    );
  askingServer(command).action(async (campaign: string, options: Options) => {
    if (options.what === "draws") {
      const { dir = `draws-${campaign}`, withUserIds } = options;
      output.write(await exportDraws(open, campaign, { dir, withUserIds }));
      return;
    }
    const { columns, pages } = kinds[options.what]!;
    const target = options.output === undefined ? output : createWriteStream(options.output);
    await write(options.format, columns, pages(transportTo(options), campaign), target);
  });
}
