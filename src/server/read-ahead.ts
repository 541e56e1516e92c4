import type { ServerHttp2Stream } from "node:http2";

/** The bodies of requests over HTTP/2 that the fast lane had read before it found that they are not plain. */
export const readAhead = new WeakMap<ServerHttp2Stream, Buffer>();
