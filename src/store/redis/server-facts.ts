import { type Redis, ReplyError } from "ioredis";

/** What a Redis server says of itself. */
export interface ServerFacts {
  /** INFO, all sections. */
  info: Map<string, string>;
  /** The settings asked for; one that the server does not have or does not let us see is missing. */
  config: Map<string, string>;
}

/** Rejects when the server can't be asked; what it refuses to tell is left out. */
export async function readServerFacts(redis: Redis, settings: readonly string[]): Promise<ServerFacts> {
  const [info, ...replies] = await Promise.all([
    redis.info(),
    ...settings.map((name) => redis.config("GET", name).catch(ignoreRefusal)),
  ]);
  const pairs = replies.map((reply) => reply as string[] | undefined).filter((pair) => pair?.length === 2);
  return { info: parseInfo(info), config: new Map(pairs as [string, string][]) };
}

/** A user without CONFIG, or a service that renamed it, is no outage. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ReplyError)) throw error;
}

function parseInfo(text: string): Map<string, string> {
  return new Map(
    text
      .split("\r\n")
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}
