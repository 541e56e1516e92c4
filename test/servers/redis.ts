import { connect } from "node:net";
import { redisBinary } from "./binary.ts";
import { freePort } from "./free-port.ts";
import { serverFolder, TestServer } from "./test-server.ts";

export type RedisServer = TestServer;

export interface RedisOptions {
  /** redis.conf settings over the ones below, for example `{ "appendfsync": "everysec" }`. */
  config?: Record<string, string>;
  /** An existing folder to keep the data in; `stop` leaves it alone. */
  dir?: string;
  /** On top of this process's environment. */
  env?: Record<string, string>;
}

/** A Redis or Valkey (whichever REDIS_SERVER names) set up as the guarantees ask: on disk before every reply, no eviction. */
export async function startRedis({ config, dir, env }: RedisOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = await serverFolder("redis", dir);
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder.dir,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    "maxmemory-policy": "noeviction",
    ...config,
  };
  return await TestServer.start({
    ...folder,
    name: "redis",
    command: redisBinary(),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    env,
    url: `redis://127.0.0.1:${port}`,
    port,
    isReady: () => answersPing(port),
  });
}

/** Spoken by hand, because a client library would reconnect; a server that still loads its data answers -LOADING. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once("data", (reply) => {
      resolve(reply.toString().startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => {});
    socket.once("close", () => resolve(false));
  });
}
