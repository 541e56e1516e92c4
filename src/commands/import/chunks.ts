import type { CodeLine } from "./read-codes.ts";

/** What the server takes at once, with room for what is around the codes in a message. */
const codesMax = 10_000;
const bytesMax = 900_000;
/** A code's length and tag in a message. */
const overheadBytes = 4;

/** A part of a file: its codes, and the line of each. */
export interface Chunk {
  codes: string[];
  lines: number[];
  isLast: boolean;
}

/** A file in parts that the server takes; the last one knows that it is. */
export async function* chunksOf(lines: AsyncIterable<CodeLine>): AsyncGenerator<Chunk> {
  let chunk: Chunk = { codes: [], lines: [], isLast: false };
  let bytes = 0;
  for await (const { code, line } of lines) {
    const size = Buffer.byteLength(code) + overheadBytes;
    if (chunk.codes.length === codesMax || bytes + size > bytesMax) {
      yield chunk;
      chunk = { codes: [], lines: [], isLast: false };
      bytes = 0;
    }
    chunk.codes.push(code);
    chunk.lines.push(line);
    bytes += size;
  }
  if (chunk.codes.length > 0) yield { ...chunk, isLast: true };
}
