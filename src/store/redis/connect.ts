import { Redis } from "ioredis";

/**
 * A connection to one server that never re-sends: what was in flight when a connection broke has an unknown outcome, and only the lane,
 * under the same number, may ask again. While disconnected, commands fail at once instead of queueing. `onMoved` hears of every reply that
 * says a key is served elsewhere.
 */
export function connectRedis(
  url: string,
  onError: (error: Error) => void,
  onMoved: (redis: Redis) => void = () => {},
): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // A stalled server: the outcome is unknown from here on.
    commandTimeout: 2000,
    connectTimeout: 2000,
    retryStrategy: (times) => Math.min(50 * times, 1000),
    reconnectOnError(error) {
      if (isElsewhere(error)) onMoved(redis);
      // A replica that was the master until now: find the new one.
      return error.message.startsWith("READONLY");
    },
    enableAutoPipelining: false,
    // A right more that nobody needs (docs/security.md).
    disableClientInfo: true,
  });
  redis.on("error", onError);
  return redis;
}

/** The connection to the server that serves a partition now. Undefined: nobody is known to. */
export type Connection = () => Redis | undefined;

export const addressOf = ({ options }: Redis) => `${options.host}:${options.port}`;

/** Redis Cluster's replies to a command that it did not carry out, because another server serves the key, or soon will. */
export const isElsewhere = (error: Error) => /^(MOVED|ASK|TRYAGAIN) /.test(error.message);

/** Waits until commands can be sent, at most `timeoutMs`; false: not in that time. */
export async function connected(redis: Redis, timeoutMs: number): Promise<boolean> {
  if (redis.status === "ready") return true;
  return new Promise((resolve) => {
    const done = (ready: boolean) => {
      clearTimeout(timer);
      redis.off("ready", onReady);
      resolve(ready);
    };
    const onReady = () => done(true);
    const timer = setTimeout(() => done(false), timeoutMs);
    redis.once("ready", onReady);
  });
}
