import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLines } from "./finds.ts";
import { wrongWith } from "./judge/answers.ts";
import { Client } from "./send/client.ts";
import { allMethods } from "./target/services.ts";
import { standOn } from "./target/stand.ts";

/** Sends what a find was made of to a server that begins where that one began, first its inputs alone and then after all that came before. */
export async function replay(findDir: string, tell: (line: string) => void): Promise<boolean> {
  const read = (name: string) => readLines(readFileSync(join(findDir, name), "utf8"));
  const inputs = read("inputs.ndjson");
  const methods = await allMethods();
  const stand = standOn(mkdtempSync(join(tmpdir(), "allot-replay-")), join(findDir, "data"));
  try {
    for (const before of [[], read("before.ndjson")]) {
      const server = await stand.start();
      const client = new Client(server, methods);
      await client.sendAll(before);
      const answers = await client.sendAll(inputs);
      const wrong = inputs.map((input, at) => wrongWith(input, answers[at]!)).filter(Boolean);
      const { lines, ended } = server;
      client.close();
      await server.kill();
      tell(
        `after ${before.length} others: ${wrong.join("; ") || "nothing wrong with the answers"}; log: ${lines.join("\n") || "empty"}`,
      );
      if (inputs.length === 1) tell(answers[0]!.text.slice(0, 2_000));
      if (
        wrong.length > 0 ||
        ended !== undefined ||
        lines.some((line) => /"level":"(error|fatal)"/.test(line))
      )
        return true;
    }
    return false;
  } finally {
    stand.remove();
  }
}
