import { type Redis, ReplyError } from "ioredis";
import { CommandError, type Reply } from "./process.ts";

/** Carries a command to a server and its reply back; rejects with CommandError for an error reply, else nobody knows. */
export interface Transport {
  readonly status: string;
  send(command: string[]): Promise<Reply>;
}

/** As much of an ioredis connection as the store uses, over a transport of our own. */
export function redisClient(transport: Transport): Redis {
  return new Client(transport) as unknown as Redis;
}

type Argument = string | number | Buffer;

class Client {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get status(): string {
    return this.#transport.status;
  }

  async callBuffer(...command: Argument[]): Promise<unknown> {
    return buffers(await this.#send(command));
  }

  async call(...command: Argument[]): Promise<Reply> {
    return this.#send(command);
  }

  async xrangeBuffer(...args: Argument[]): Promise<unknown> {
    return buffers(await this.#send(["XRANGE", ...args]));
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    const flat = (await this.#send(["HGETALL", key])) as string[];
    return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]!]] : [])));
  }

  async hset(...args: Argument[]): Promise<Reply> {
    return this.#send(["HSET", ...args]);
  }

  async unlink(...keys: string[]): Promise<Reply> {
    return this.#send(["UNLINK", ...keys]);
  }

  async *scanStream({ match }: { match: string }): AsyncGenerator<string[]> {
    const [, keys] = (await this.#send(["SCAN", "0", "MATCH", match])) as [string, string[]];
    yield keys;
  }

  async info(): Promise<string> {
    return (await this.#send(["INFO"])) as string;
  }

  async config(_get: "GET", name: string): Promise<Reply> {
    return this.#send(["CONFIG", "GET", name]);
  }

  disconnect(): void {}

  async #send(command: Argument[]): Promise<Reply> {
    try {
      return await this.#transport.send(command.map(bytesOf));
    } catch (error) {
      throw error instanceof CommandError ? new ReplyError(error.message) : error;
    }
  }
}

const bytesOf = (argument: Argument) =>
  (typeof argument === "object" ? argument : Buffer.from(String(argument))).toString("latin1");

const buffers = (reply: Reply): unknown =>
  Array.isArray(reply)
    ? reply.map(buffers)
    : typeof reply === "string"
      ? Buffer.from(reply, "latin1")
      : reply;
