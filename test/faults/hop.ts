import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Something that passes by: bytes that name a step of the protocol, before they go on or when their answer is there. */
export interface Point {
  /** What the request has in it, in clear: a Function's name, an SQL word. */
  word: string;
  /** held: seen, and never passed on; sent: passed on; answered: the answer is there, and never passed on. */
  when: "held" | "sent" | "answered";
}

interface Watch extends Point {
  /** How many more of it pass by unharmed. */
  leftOut: number;
  strike(): void;
}

/** One direction of a connection. */
interface Flow {
  to: Socket;
  /** Not passed on yet, in order. */
  waiting: Buffer[];
  ended: boolean;
}

const trickleMs = 1_000;

/** A TCP proxy between two of the processes, and everything that can go wrong on the way. One direction at a time, bytes in order: as TCP would. */
export class Hop {
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #watches = new Set<Watch>();
  #loseReplies = 0;
  #pace: "open" | "stalled" | "trickling" = "open";

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** `port`: where it listens. */
  static async start(targetPort: number, port = 0): Promise<Hop> {
    let hop: Hop | undefined;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      hop?.open(client, targetPort),
    );
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    hop = new Hop(server);
    return hop;
  }

  /** Calls `strike` at the point's turn number `turn` from now on, once. Gives back how to stop waiting for it. */
  watch(point: Point, turn: number, strike: () => void): () => void {
    const watch: Watch = {
      ...point,
      leftOut: turn,
      strike: () => {
        this.#watches.delete(watch);
        strike();
      },
    };
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** So many of the answers that come next are lost, each with its connection. */
  loseReplies(count: number): void {
    this.#loseReplies = count;
  }

  /** Connections stay open and nothing passes. */
  stall(): void {
    this.#pace = "stalled";
  }

  /** One byte a second and direction. */
  trickle(): void {
    this.#pace = "trickling";
    const timer = setInterval(() => {
      if (this.#pace !== "trickling") return clearInterval(timer);
      for (const one of this.#connections) one.passByte();
    }, trickleMs);
  }

  /** One side of every connection is told that the other has no more to say; the other direction goes on. */
  halfClose(side: "client" | "server"): void {
    for (const one of this.#connections) one.halfClose(side);
  }

  reset(): void {
    for (const one of this.#connections) one.reset();
  }

  /** Everything passes again, what was held back first. */
  heal(): void {
    this.#pace = "open";
    this.#loseReplies = 0;
    for (const one of this.#connections) one.heal();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.reset();
    await once(this.#server, "close");
  }

  get isOpen(): boolean {
    return this.#pace === "open";
  }

  /** Whether this answer is to be lost. */
  losesReply(): boolean {
    if (this.#loseReplies === 0) return false;
    this.#loseReplies--;
    return true;
  }

  /** The watch whose turn it is with this request. */
  due(request: Buffer): Watch | undefined {
    for (const watch of this.#watches) {
      if (!request.includes(watch.word)) continue;
      if (watch.leftOut === 0) return watch;
      watch.leftOut--;
    }
    return undefined;
  }

  private open(client: Socket, targetPort: number): void {
    const connection = new Connection(
      this,
      client,
      connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }),
    );
    this.#connections.add(connection);
    connection.whenClosed(() => this.#connections.delete(connection));
  }
}

class Connection {
  readonly #hop: Hop;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #up: Flow;
  readonly #down: Flow;
  /** Strikes when the next answer comes. */
  #onAnswer: Watch | undefined;
  #isHalfClosed = false;

  constructor(hop: Hop, client: Socket, target: Socket) {
    this.#hop = hop;
    this.#client = client;
    this.#target = target;
    this.#up = { to: target, waiting: [], ended: false };
    this.#down = { to: client, waiting: [], ended: false };
    client.on("data", (data: Buffer) => this.#request(data));
    target.on("data", (data: Buffer) => this.#answer(data));
    client.on("end", () => this.#end(this.#up));
    target.on("end", () => this.#end(this.#down));
    for (const socket of [client, target]) {
      socket.on("error", () => {});
      socket.on("close", () => this.#destroy());
    }
  }

  whenClosed(call: () => void): void {
    this.#client.once("close", call);
  }

  passByte(): void {
    for (const flow of [this.#up, this.#down]) {
      const [first] = flow.waiting;
      if (!first) continue;
      flow.to.write(first.subarray(0, 1));
      if (first.length === 1) flow.waiting.shift();
      else flow.waiting[0] = first.subarray(1);
    }
  }

  heal(): void {
    // Half a connection is of no use to anybody: a network that works again has told both.
    if (this.#isHalfClosed) {
      this.reset();
      return;
    }
    for (const flow of [this.#up, this.#down]) {
      for (const data of flow.waiting.splice(0)) flow.to.write(data);
      if (flow.ended) flow.to.end();
    }
  }

  halfClose(side: "client" | "server"): void {
    this.#isHalfClosed = true;
    (side === "client" ? this.#client : this.#target).end();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#target.resetAndDestroy();
  }

  #request(data: Buffer): void {
    const watch = this.#hop.due(data);
    if (watch?.when === "held") {
      watch.strike();
      this.#destroy();
      return;
    }
    this.#pass(this.#up, data);
    if (watch?.when === "sent") watch.strike();
    if (watch?.when === "answered") this.#onAnswer = watch;
  }

  #answer(data: Buffer): void {
    this.#onAnswer?.strike();
    if (this.#onAnswer || this.#hop.losesReply()) this.#destroy();
    else this.#pass(this.#down, data);
  }

  #pass(flow: Flow, data: Buffer): void {
    if (this.#hop.isOpen) {
      if (flow.to.writable) flow.to.write(data);
    } else flow.waiting.push(data);
  }

  #end(flow: Flow): void {
    flow.ended = true;
    if (this.#hop.isOpen) flow.to.end();
  }

  #destroy(): void {
    this.#client.destroy();
    this.#target.destroy();
  }
}
