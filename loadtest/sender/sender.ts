import type { Answer } from "../record/answer.ts";
import type { Ask } from "./method.ts";

/** A request in flight. */
export interface Call {
  /** Leaves without waiting for the answer, as a client does that is closed. The answer becomes "hung up". */
  hangUp(): void;
}

/** Sends requests over its own connections, and nothing twice: what becomes of a request is for the caller to judge. */
export interface Sender {
  /** Opens the connections; fails if the target can't be reached. */
  open(): Promise<void>;
  /** Requests that could leave at this instant. */
  readonly free: number;
  /** Called when `free` has grown. */
  onFree: () => void;
  /** Sends now; only while `free` is above 0. `onAnswer` is called once, later. */
  send(ask: Ask, onAnswer: (answer: Answer) => void): Call;
  /** Closes the connections; what is in flight is lost as "cut off". */
  close(): void;
}

/** Where and as whom a sender sends. */
export interface Destination {
  host: string;
  port: number;
  apiKey: string | undefined;
  connections: number;
  timeoutMs: number;
}

export type Protocol = "connect" | "connect-json" | "grpc";
