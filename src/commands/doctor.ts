import type { Command } from "commander";
import type { Config } from "../config.ts";
import { examine } from "../doctor/examine.ts";
import { report } from "../doctor/report.ts";

export interface DoctorDeps {
  loadConfig(): Config;
  output?: NodeJS.WritableStream;
}

/** `allot doctor`. Exits with 1 where something is bad. */
export function registerDoctor(program: Command, { loadConfig, output = process.stdout }: DoctorDeps): void {
  program
    .command("doctor")
    .description(
      "Say whether this Redis and this MySQL (or this data folder) keep the promises, and what to change",
    )
    .option("--json", "findings as JSON")
    .action(async ({ json }: { json?: true }) => {
      const findings = await examine(loadConfig());
      output.write(json ? `${JSON.stringify({ findings }, undefined, 2)}\n` : report(findings, output));
      if (findings.some(({ level }) => level === "bad")) process.exitCode = 1;
    });
}
