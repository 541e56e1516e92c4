/** The part of autocannon 9 that the closed loop and the benchmarks use; the package brings no types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  /** One connection. Emits `request` before each send, `headers`, `body` and `response` while a response arrives. */
  export interface Client extends EventEmitter {
    setBody(body: Buffer): void;
    setBody(body: Buffer): void;
    setRequests(requests: { path: string; body: Buffer }[]): void;
    destroy(): void;
  }

  export interface Options {
    url: string;
    connections: number;
    duration: number;
    timeout: number;
    sampleInt: number;
    method: "POST";
    headers: Record<string, string>;
    setupClient(client: Client): void;
  }

  export default function autocannon(options: Options, done: (error: Error | null) => void): EventEmitter;
}
