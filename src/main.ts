#!/usr/bin/env node
import { Command, InvalidArgumentError } from "commander";
import { registerAuditCommand } from "./commands/audit.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { drain } from "./commands/drain.ts";
import { registerExportCommand } from "./commands/export/command.ts";
import { registerImportCommand } from "./commands/import/command.ts";
import { registerKeysCommand } from "./commands/keys.ts";
import { migrate } from "./commands/migrate.ts";
import { masterKeysOf, openLedgerOnce, openSecretsOnce } from "./commands/open-ledger.ts";
import { serve } from "./commands/serve.ts";
import { registerVerifyCommand } from "./commands/verify.ts";
import { registerWebhooksCommand } from "./commands/webhooks.ts";
import { ConfigError, describeSettings, loadConfig } from "./config.ts";
import { createLogger } from "./log.ts";

const program = new Command("allot")
  .description("Gives out a limited number of things to a crowd that arrives all at once.")
  .addHelpText("after", settingsHelp);

program
  .command("serve")
  .description("Serve on PORT; drains too, unless ALLOT_DRAIN is off")
  .option("--workers <n>", "processes on the one port (not embedded)", readWorkers, 1)
  .action(({ workers }: { workers: number }) => {
    const config = loadConfig();
    if (workers > 1 && !config.redisUrl) {
      throw new ConfigError(["--workers needs REDIS_URL and MYSQL_URL: embedded is one process."]);
    }
    return serve(config, createLogger(config.logLevel), workers);
  });

program
  .command("drain")
  .description("Only move what was given out from Redis into MySQL, beside servers with ALLOT_DRAIN=off")
  .action(() => {
    const config = loadConfig();
    return drain(config, createLogger(config.logLevel));
  });

program
  .command("migrate")
  .description("Bring the tables and the Redis Function library up to date; safe to run anywhere, any time")
  .action(() => migrate(loadConfig()));

registerDoctor(program, { loadConfig });
registerAuditCommand(program, { openLedger: () => openLedgerOnce(loadConfig()) });
registerImportCommand(program);
registerExportCommand(program, { open: () => openSecretsOnce(loadConfig()) });
registerKeysCommand(program, {
  openLedger: () => openLedgerOnce(loadConfig()),
  masterKeys: () => masterKeysOf(loadConfig()),
});
registerVerifyCommand(program, { open: () => openSecretsOnce(loadConfig()) });
registerWebhooksCommand(program, { open: () => openSecretsOnce(loadConfig()) });

try {
  await program.parseAsync();
} catch (error) {
  // What went wrong, for who typed the command; where in the code, only for who asks for debugging.
  const { message, stack } = error as Error;
  process.stderr.write(`allot: ${process.env.ALLOT_LOG_LEVEL === "debug" ? stack : message}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

function readWorkers(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new InvalidArgumentError("It must be 1 to 256.");
  return count;
}

function settingsHelp(): string {
  const lines = describeSettings().map(
    ({ name, default: usual, prose }) => `  ${name}${usual && ` (${usual})`}\n      ${prose}`,
  );
  return `\nSettings come from the environment:\n${lines.join("\n")}`;
}
