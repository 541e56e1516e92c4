import type { Command } from "commander";
import { fromFiles } from "../export/draws/from-files.ts";
import { fromLedger } from "../export/draws/from-ledger.ts";
import { BadFile } from "../export/draws/lines.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Records } from "../verify/records.ts";
import { type Report, verify } from "../verify/verify.ts";

export interface VerifyCommandDeps {
  /** Opens the ledger that the settings name, with its keys; it is closed again. */
  open(): Promise<{ ledger: Ledger; secrets: Secrets }>;
  output?: NodeJS.WritableStream;
}

/** `allot verify`. Exits with 1 where anything differs. */
export function registerVerifyCommand(
  program: Command,
  { open, output = process.stdout }: VerifyCommandDeps,
): void {
  const command = program
    .command("verify")
    .description("Recompute what a campaign's draws came to: PASS, or FAIL and the first row that differs")
    .argument("[campaign]", "its id, from the ledger; beside servers that run")
    .option("--from <dir>", "from files that `allot export --what draws` wrote, with no ledger and no key")
    .addHelpText("after", "\ndocs/fairness.md says what it proves, and what not.")
    .action(async (campaignId: string | undefined, { from: dir }: { from?: string }) => {
      if (dir !== undefined && campaignId === undefined) return tell(() => fromFiles(dir));
      if (dir !== undefined || campaignId === undefined) {
        return command.error("Name a campaign, or a folder with --from.");
      }
      const { ledger, secrets } = await open();
      try {
        await tell(() => fromLedger(ledger, secrets, campaignId));
      } finally {
        await ledger.close();
      }
    });

  async function tell(read: () => Promise<Records>): Promise<void> {
    try {
      const records = await read();
      const report = await verify(records);
      output.write(text(records, report));
      if (report.wrong > 0) process.exitCode = 1;
    } catch (error) {
      if (!(error instanceof BadFile)) throw error;
      output.write(`FAIL  ${error.message}\n`);
      process.exitCode = 1;
    }
  }
}

function text({ campaign }: Records, { checked, unchecked, findings, wrong }: Report): string {
  const more = wrong - findings.length;
  return [
    `${wrong > 0 ? "FAIL" : "PASS"}  ${campaign.id}, ${campaign.mechanic.kind}, as it was at revision ${campaign.revisions.at(-1)!.revision}`,
    ...findings.map((finding) => `  wrong        ${finding}`),
    ...(more > 0 ? [`  wrong        and ${more} more`] : []),
    ...checked.map((line) => `  ${wrong > 0 ? "looked at  " : "right      "}  ${line}`),
    ...unchecked.map((line) => `  not checked  ${line}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
