import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import type { Command } from "commander";
import { CodePoolService, type ImportCodesResponse } from "../../gen/allot/v1/code_pool_pb.js";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import { askingServer, persist, type Remote, transportTo } from "../remote.ts";
import { chunksOf } from "./chunks.ts";
import { readCodes } from "./read-codes.ts";

export interface ImportStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  notes: NodeJS.WritableStream;
}

/** `allot import`. */
export function registerImportCommand(
  program: Command,
  { input, output, notes }: ImportStreams = {
    input: process.stdin,
    output: process.stdout,
    notes: process.stderr,
  },
): void {
  const command = program
    .command("import")
    .description("Add the codes in a CSV file to a pool of imported codes: all of them, or none")
    .argument("<campaign>", "its id")
    .argument("<file>", 'a column of codes, or one that the first line calls "code"; - for standard input');
  askingServer(command).action(async (campaignId: string, file: string, remote: Remote) => {
    const client = createClient(CodePoolService, transportTo(remote));
    // The same file again is the same upload: one that broke off goes on, and one that was imported is not imported twice.
    const uploadId = file === "-" ? randomUUID() : await digestOf(file);
    /** Of each code. */
    const lines: number[] = [];
    let answer: ImportCodesResponse | undefined;
    let at = 0;
    for await (const chunk of chunksOf(readCodes(file === "-" ? input : createReadStream(file)))) {
      const before = lines.length;
      lines.push(...chunk.lines);
      const chunks = chunk.isLast ? at + 1 : 0;
      const { codes } = chunk;
      try {
        answer = await persist(() => client.importCodes({ campaignId, uploadId, chunk: at, codes, chunks }));
      } catch (error) {
        throw new Error(badLines(error, lines, before), { cause: error });
      }
      at++;
      notes.write(`${lines.length} codes sent\n`);
    }
    if (!answer) throw new Error("There are no codes in the file.");
    if (answer.duplicates.length > 0) {
      for (const one of answer.duplicates) notes.write(`${duplicateText(one, lines)}\n`);
      throw new Error("Nothing was imported: there are codes twice, or known already.");
    }
    output.write(`${answer.imported} codes are imported.\n`);
  });
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function duplicateText(
  { line, code, firstLine }: ImportCodesResponse["duplicates"][number],
  lines: number[],
): string {
  const text = `line ${lines[line - 1]}: ${JSON.stringify(code)}`;
  if (firstLine > 0) return `${text} is on line ${lines[firstLine - 1]} too`;
  return `${text} is in a pool already, or a campaign could give it out`;
}

/** What is wrong, with the lines of the file in place of places in the request. */
function badLines(thrown: unknown, lines: number[], before: number): string {
  const error = ConnectError.from((thrown as Error).cause);
  if (error.code !== Code.InvalidArgument) return (thrown as Error).message;
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  const texts = violations.map(({ field, description }) => {
    const place = /^codes\[(\d+)\]$/.exec(field)?.[1];
    return place === undefined
      ? `${field}: ${description}`
      : `line ${lines[before + Number(place)]}: ${description}`;
  });
  return texts.join("\n");
}
