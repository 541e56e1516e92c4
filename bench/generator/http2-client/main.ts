/**
 * Asks for coupons over gRPC, flat out, for a new user each time, and prints a Tally as JSON. It knows as much of HTTP/2 as that takes: the
 * requests are alike but for a number, so that they are copied rather than encoded, and of answers it looks at the frames' heads only.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "./connection.ts";
import { RequestFrames } from "./request-frames.ts";

export interface ClientOptions {
  port: number;
  connections: number;
  /** Calls at a time on each connection. */
  streams: number;
  seconds: number;
  /** IssueCouponRequest in base64, up to the nine digits of the user's number, and from there on. */
  before: string;
  after: string;
}

export interface Tally {
  coupons: number;
  /** Refusals and errors. */
  others: number;
  seconds: number;
}

const patienceSeconds = 10;

const options = JSON.parse(process.argv[2]!) as ClientOptions;
const frames = new RequestFrames(
  `127.0.0.1:${options.port}`,
  Buffer.from(options.before, "base64"),
  Buffer.from(options.after, "base64"),
);
const connections = await Promise.all(
  Array.from({ length: options.connections }, () => Connection.open(options.port, frames)),
);
const startMs = performance.now();
for (const connection of connections) connection.ask(options.streams);
await delay(options.seconds * 1000);
// What has been asked is waited for, so that nothing is cut off.
const done = Promise.all(connections.map((connection) => connection.finish()));
await Promise.race([done, delay(patienceSeconds * 1000)]);

const sum = (count: (connection: Connection) => number) =>
  connections.reduce((total, connection) => total + count(connection), 0);
const tally: Tally = {
  coupons: sum(({ coupons }) => coupons),
  others: sum(({ others, waiting }) => others + waiting),
  seconds: (performance.now() - startMs) / 1000,
};
process.stdout.write(JSON.stringify(tally), () => process.exit());
