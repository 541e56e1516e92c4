import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import type { CloudEvent } from "../../events/cloud-event.ts";

export interface Received {
  event: CloudEvent;
  headers: Record<string, string>;
  body: string;
}

/** A status, with or without headers; "hang": no answer; "break": the connection ends without one. */
export type Behaviour = number | { status: number; headers: Record<string, string> } | "hang" | "break";

/** A real server that takes events, and behaves as it is told. */
export class Receiver {
  readonly url: string;
  /** All that was accepted, repeats too, in order. */
  readonly accepted: Received[] = [];
  readonly turnedAway: Received[] = [];
  /** What it does with an event, the `attempt`-th of all. */
  behave: (event: CloudEvent, attempt: number) => Behaviour | Promise<Behaviour> = () => 200;
  readonly #server: ReturnType<typeof createServer>;
  #attempts = 0;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  }

  static async start(): Promise<Receiver> {
    let receiver: Receiver;
    const server = createServer((request, response) => void receiver.#take(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    receiver = new Receiver(server);
    return receiver;
  }

  ids(): string[] {
    return this.accepted.map(({ event }) => event.id);
  }

  /** Throws where one was not signed by this secret. */
  verify(secret: string): void {
    const webhook = new Webhook(secret);
    for (const { body, headers } of this.accepted) webhook.verify(body, headers);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    const event = JSON.parse(body) as CloudEvent;
    const received = { event, body, headers: request.headers as Record<string, string> };
    const behaviour = await this.behave(event, ++this.#attempts);
    const status = typeof behaviour === "object" ? behaviour.status : behaviour;
    const isAccepted = typeof status === "number" && status < 300;
    (isAccepted ? this.accepted : this.turnedAway).push(received);
    if (behaviour === "hang") return;
    if (behaviour === "break") request.socket.destroy();
    else if (typeof behaviour === "object") response.writeHead(behaviour.status, behaviour.headers).end();
    else response.writeHead(behaviour).end("ok");
  }
}
