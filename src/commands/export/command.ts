import { createWriteStream } from "node:fs";
import { type Command, Option } from "commander";
import { askingServer, type Remote, transportTo } from "../remote.ts";
import { codes } from "./codes.ts";
import { coupons } from "./coupons.ts";
import type { ExportKind } from "./kind.ts";
import { type Format, write } from "./write.ts";

const kinds: Record<string, ExportKind> = { codes, coupons };

interface Options extends Remote {
  what: string;
  format: Format;
  output?: string;
}

/** `allot export`. */
export function registerExportCommand(
  program: Command,
  output: NodeJS.WritableStream = process.stdout,
): void {
  const command = program
    .command("export")
    .description("Write what a campaign has as CSV or lines of JSON, from a server that runs")
    .argument("<campaign>", "its id")
    .addOption(new Option("--what <kind>", "what of it").choices(Object.keys(kinds)).default("codes"))
    .addOption(new Option("--format <format>", "as what").choices(["csv", "ndjson"]).default("csv"))
    .option("--output <file>", "where to; standard output otherwise");
  askingServer(command).action(async (campaign: string, options: Options) => {
    const { columns, pages } = kinds[options.what]!;
    const target = options.output === undefined ? output : createWriteStream(options.output);
    await write(options.format, columns, pages(transportTo(options), campaign), target);
  });
}
