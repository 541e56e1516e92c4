import type { Socket } from "node:net";
import type { Origin } from "../caller.ts";
import type { MessageLimits } from "../message-limits.ts";
import type { UnaryMethod } from "./methods.ts";

/** What it takes to tell a plain request from others, whatever the HTTP version. */
export interface PlainOptions {
  /** By path. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: MessageLimits;
  readonly maxTimeoutMs: number;
  /** Where a call comes from, by the connection and what proxies say. */
  readonly callerOf: (socket: Socket, forwardedFor: string | undefined) => Origin;
  /** Response headers for a page of this origin. */
  readonly corsHeaders: (origin: string) => Readonly<Record<string, string>>;
}
