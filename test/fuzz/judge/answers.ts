import type { Input } from "../input.ts";
import type { Answer } from "../send/answer.ts";

/** What no answer may have in it: places in code, statements, paths, messages of JavaScript's own. */
const leaks =
  /\n?\s+at [\w.<>]+ \(|node:internal|node_modules|\/src\/\w|\.ts:\d|SQLITE_|sqlite|\b(SELECT|INSERT INTO|UPDATE) \w|TypeError|RangeError|ReferenceError|SyntaxError|Cannot read|is not a function|is not iterable|\[object |ECONN|ENOENT|EACCES/;
const nobodysMistake = /^(internal|unknown|data_loss|grpc (2|13|15))$/;

/** What is wrong with an answer, by itself; undefined: nothing. */
export function wrongWith(input: Input, answer: Answer): string | undefined {
  if (answer.outcome === "hung") return "no answer in time";
  if (answer.status !== undefined && answer.status >= 500 && answer.status !== 503 && answer.status !== 504)
    if (
      !/^(unimplemented|grpc 12)$/.test(answer.code ?? "") &&
      answer.status !== 501 &&
      answer.status !== 505
    )
      return `HTTP status ${answer.status}`;
  if (answer.code !== undefined && nobodysMistake.test(answer.code)) return `code ${answer.code}`;
  // Who sets a server up is told which file can't be read, and why.
  if (input.kind === "settings") return undefined;
  const leak = leaks.exec(answer.text)?.[0];
  return leak !== undefined && !said(input, leak) ? `it tells ${JSON.stringify(leak)}` : undefined;
}

/** Whether a text is the client's own, given back. */
function said(input: Input, text: string): boolean {
  if (input.kind === "call") {
    return (
      input.path.includes(text) ||
      input.body.includes(text) ||
      input.headers.some((header) => header.join(": ").includes(text))
    );
  }
  return input.kind === "bytes" && Buffer.concat([...input.pieces]).includes(text);
}

/** Whether it is known that nothing was done: refused for what it is, not for want of time or of a store. */
export function refused({ outcome, code, status = 0 }: Answer): boolean {
  if (outcome !== "answered") return false;
  if (code === undefined) return status >= 400 && status < 500 && status !== 408;
  return !/^(canceled|deadline_exceeded|unavailable|aborted|grpc (1|4|14|10))$/.test(code);
}
