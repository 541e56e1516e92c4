import type { Random } from "../../simulate/random.ts";
import type { FileInput } from "../input.ts";
import { mangled } from "./http1.ts";
import { oddTexts } from "./scalars.ts";

/** CSV as people and programs write it, and as nobody should (RFC 4180). */
export function fileInput(random: Random): FileInput {
  const end = random.pick(["\n", "\r\n", "\r", "\n\n"]);
  const delimiter = random.pick([",", ",", ";", "\t"]);
  const columns = random.pick([1, 1, 1, 2, 5]);
  const head = random.pick(["code", "Code ", '"code"', "codes", "", "code,code", "\ufeffcode"]);
  const rows = Array.from({ length: random.pick([0, 1, 5, 40, 400]) }, () =>
    Array.from({ length: columns }, () => cell(random)).join(delimiter),
  );
  const names = [head, ...Array.from({ length: columns - 1 }, () => "x")];
  const lines = random.chance(0.6)
    ? [random.chance(0.5) ? names.join(delimiter) : names.reverse().join(delimiter), ...rows]
    : rows;
  const text = `${random.pick(["", "", "\ufeff", "\ufeff\ufeff", "\n", "sep=;\n"])}${lines.join(end)}${random.pick(["", end])}`;
  const bytes = Buffer.from(text, random.pick(["utf8", "utf8", "utf8", "utf16le", "latin1"] as const));
  return { kind: "file", bytes: random.chance(0.2) ? mangled(bytes, random) : bytes };
}

function cell(random: Random): string {
  const code = random.bytes(random.between(1, 8)).toString("hex").toUpperCase();
  switch (random.between(0, 9)) {
    case 0:
      return `"${code}"`;
    case 1:
      return `"${code.slice(0, 2)}""${code.slice(2)}"`;
    case 2:
      return random.pick(['"', `"${code}`, `${code}"`, `"${code}"x`, '"\n"', "=1+1"]);
    case 3:
      return ` ${code} `;
    case 4:
      return random.pick(oddTexts);
    case 5:
      return "SAME";
    default:
      return code;
  }
}
