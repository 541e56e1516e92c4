import { processesOf, type Stand } from "./stand.ts";

/** Starts every process that is not running, as whoever runs services does; gives their names. */
export async function revive(stand: Stand): Promise<string[]> {
  const ended = processesOf(stand).filter(({ process }) => !process.running);
  await Promise.all(ended.map(({ process }) => process.restart()));
  return ended.map(({ name }) => name);
}
