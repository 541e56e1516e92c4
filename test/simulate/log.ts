import type { Logger } from "../../src/log.ts";
import type { World } from "./world.ts";

/** What servers say goes into the trace; what must never be said is a problem. */
export function worldLog(world: World, name: string): Logger {
  const note = (level: string) => (fields: object | string, message?: string) => {
    const text = typeof fields === "string" ? fields : `${message} ${JSON.stringify(fields, errorsAsText)}`;
    world.trace.note(`${level} ${name}`, text);
    // Dead letters are looked at in the end.
    if (level === "error" && !text.startsWith("drain: rows that conflict"))
      world.problem(`${name} logged an error: ${text}`);
  };
  const log = Object.fromEntries(
    ["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [level, note(level)]),
  );
  return log as unknown as Logger;
}

const errorsAsText = (_: string, value: unknown) => (value instanceof Error ? value.message : value);
