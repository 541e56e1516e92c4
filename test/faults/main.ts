import { parseArguments, usage } from "./arguments.ts";
import { campaign } from "./campaign.ts";

const options = parseArguments(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write("\nending after this round (once more to leave at once)\n");
    stop.abort();
  });
process.exit((await campaign(options, stop.signal)) ? 0 : 1);
