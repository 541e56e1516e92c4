import { createReadStream } from "node:fs";
import { z } from "zod";

/** A file of an export is missing, or not what it should be. */
export class BadFile extends Error {
  override name = "BadFile";
}

const chunkBytes = 1 << 20;

/** The lines of a file, decoded, as many at a time as are read at once. Throws BadFile with the line's number. */
export async function* linesOf<Line extends z.ZodType>(
  path: string,
  line: Line,
): AsyncGenerator<z.output<Line>[]> {
  let rest = "";
  let count = 0;
  for await (const chunk of chunksOf(path)) {
    const texts = (rest + chunk).split("\n");
    rest = texts.pop()!;
    const first = count + 1;
    count += texts.length;
    if (texts.length > 0) yield texts.map((text, at) => decode(line, text, `${path}:${first + at}`));
  }
  if (rest !== "") yield [decode(line, rest, `${path}:${count + 1}`)];
}

async function* chunksOf(path: string): AsyncGenerator<string> {
  try {
    yield* createReadStream(path, { encoding: "utf8", highWaterMark: chunkBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new BadFile(`There is no ${path}.`);
    throw error;
  }
}

export function decode<Shape extends z.ZodType>(shape: Shape, text: string, where: string): z.output<Shape> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadFile(`${where} is no JSON.`);
  }
  const decoded = z.safeDecode(shape, json as z.input<Shape>);
  if (decoded.success) return decoded.data;
  const [issue] = decoded.error.issues;
  throw new BadFile(
    `${where}: ${[issue!.path.join("."), issue!.message].filter((part) => part !== "").join(": ")}.`,
  );
}
