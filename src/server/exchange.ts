import type { connectNodeAdapter } from "@connectrpc/connect-node";

type Listener = ReturnType<typeof connectNodeAdapter>;

/** A request over HTTP/1.1 or HTTP/2. */
export type Request = Parameters<Listener>[0];

/** The response to it. */
export type Response = Parameters<Listener>[1];
