import type { DescMethod } from "@bufbuild/protobuf";
import type { Input } from "../input.ts";
import type { FuzzedServer } from "../target/server.ts";
import type { Answer } from "./answer.ts";
import { Grpc } from "./grpc.ts";
import { Http1 } from "./http1.ts";
import { tryFile, trySettings } from "./own.ts";
import { sendRaw } from "./raw.ts";

/** How many inputs are under way at a time. */
const calls = 16;
const connections = 64;

/** Sends inputs of every kind to where they belong. */
export class Client {
  readonly #port: number;
  readonly #http1: Http1;
  readonly #grpc: Grpc;
  readonly #methods: ReadonlyMap<string, DescMethod>;

  constructor({ port, url }: FuzzedServer, methods: ReadonlyMap<string, DescMethod>) {
    this.#port = port;
    this.#http1 = new Http1(port);
    this.#grpc = new Grpc(url);
    this.#methods = methods;
  }

  async send(input: Input): Promise<Answer> {
    switch (input.kind) {
      case "settings":
        return trySettings(input);
      case "file":
        return tryFile(input);
      case "bytes":
        return sendRaw(this.#port, input);
      case "call": {
        const method = this.#methods.get(input.path.split("?", 1)[0]!);
        const streams = method === undefined || method.methodKind !== "unary";
        return input.protocol === "grpc" ? this.#grpc.send(input, streams) : this.#http1.send(input, streams);
      }
    }
  }

  /** All of them, a few at a time, begun in their order. */
  async sendAll(inputs: readonly Input[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    const work = async () => {
      while (next < inputs.length) {
        const at = next++;
        answers[at] = await this.send(inputs[at]!);
      }
    };
    const width = inputs[0]?.kind === "bytes" ? connections : calls;
    await Promise.all(Array.from({ length: Math.min(width, inputs.length) }, work));
    return answers;
  }

  close(): void {
    this.#http1.close();
    this.#grpc.close();
  }
}
