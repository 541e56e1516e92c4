import { CommanderError } from "commander";
import { exitCodes } from "./cli/exit-codes.ts";
import { parseOptions } from "./cli/options.ts";
import { toText } from "./report/text.ts";
import { writeReports } from "./report/write-reports.ts";
import { run } from "./run.ts";

/** The command: reads the options, runs, prints and writes the report; resolves to the exit code. */
const main = async (args: string[]): Promise<number> => {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCodes.interrupted.code);
      process.stderr.write("\ninterrupted: ending the load (once more to leave at once)\n");
      interrupt.abort();
    });

  try {
    const options = parseOptions(args);
    const report = await run(options, process.stdout, interrupt.signal);
    process.stdout.write(`\n${toText(report)}\n`);
    await writeReports(report, options);
    return report.verdict.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code;
    if (interrupt.signal.aborted) return exitCodes.interrupted.code;
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
    return exitCodes.failed.code;
  }
};

// An interrupted audit may still wait for answers: the exit does not wait for it.
process.exit(await main(process.argv.slice(2)));
