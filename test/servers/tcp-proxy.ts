import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy on 127.0.0.1 that can lose what comes back: the request is done, and nobody hears of it. */
export class TcpProxy {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets: Set<Socket>;
  /** Replies to lose from now on; with each the connection breaks. */
  loseReplies = 0;
  /** Connections are refused. */
  closed = false;

  private constructor(server: ReturnType<typeof createServer>, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    let proxy: TcpProxy | undefined;
    const server = createServer((client) => {
      if (proxy?.closed) return void client.destroy();
      const target = connect(targetPort, "127.0.0.1");
      const both = [client, target];
      for (const socket of both) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          for (const one of both) one.destroy();
        });
      }
      client.on("data", (data) => target.write(data));
      target.on("data", (data) => {
        if (!proxy || proxy.loseReplies === 0) return void client.write(data);
        proxy.loseReplies--;
        for (const one of both) one.destroy();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    proxy = new TcpProxy(server, sockets);
    return proxy;
  }

  /** Breaks every connection and takes no more, until `open`. */
  cut(): void {
    this.closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  open(): void {
    this.closed = false;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
