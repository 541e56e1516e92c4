export interface Instruction {
  name: string;
  /** What stands behind the name, continuation lines joined. */
  text: string;
}

export function readDockerfile(text: string): Instruction[] {
  const code = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n/g, "\n\\");
  const found: Instruction[] = [];
  for (const line of code.split("\n").filter(Boolean)) {
    if (line.startsWith("\\")) {
      found.at(-1)!.text += line.slice(1);
      continue;
    }
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`not an instruction: ${line}`);
    found.push({ name, text: rest! });
  }
  return found;
}
