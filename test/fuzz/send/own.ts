import { Readable } from "node:stream";
import type { FileInput, SettingsInput } from "../input.ts";
import type { Answer } from "./answer.ts";

/** Settings and files are read in this process; what reads them is imported late, so that its coverage is seen. */

export async function trySettings({ env }: SettingsInput): Promise<Answer> {
  const { ConfigError, loadConfig } = await import("../../../src/config.ts");
  try {
    loadConfig(env);
    return { outcome: "answered", text: "" };
  } catch (error) {
    if (error instanceof ConfigError)
      return { outcome: "answered", code: "invalid_argument", text: error.message };
    return unexpected(error);
  }
}

/** A file that is no CSV is refused with an error for whoever typed the command; everything else is codes. */
export async function tryFile({ bytes }: FileInput): Promise<Answer> {
  const { readCodes } = await import("../../../src/commands/import/read-codes.ts");
  const { chunksOf } = await import("../../../src/commands/import/chunks.ts");
  const half = bytes.length >> 1;
  try {
    const lines: number[] = [];
    for await (const { codes, lines: of } of chunksOf(
      readCodes(Readable.from([bytes.subarray(0, half), bytes.subarray(half)])),
    )) {
      if (codes.some((code) => typeof code !== "string"))
        return { outcome: "answered", code: "internal", text: "a code is no text" };
      lines.push(...of);
    }
    return { outcome: "answered", text: String(lines.length) };
  } catch (error) {
    if (!(error instanceof Error) || /TypeError|RangeError/.test(error.name)) return unexpected(error);
    return { outcome: "answered", code: "invalid_argument", text: error.message };
  }
}

const unexpected = (error: unknown): Answer => ({
  outcome: "answered",
  code: "internal",
  text: error instanceof Error ? String(error.stack) : String(error),
});
