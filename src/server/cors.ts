import { cors } from "@connectrpc/connect";
import type { Request, Response } from "./exchange.ts";

const allowHeaders = [...cors.allowedHeaders, "Authorization"].join(", ");
const exposeHeaders = cors.exposedHeaders.join(", ");
const preflightSeconds = 7_200;

/**
 * Lets pages of the named origins call this server, and nobody else's. Returns whether the request was a preflight and is answered.
 */
export function createCors(origins: readonly string[]): (request: Request, response: Response) => boolean {
  const allowed = new Set(origins);
  return (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined) return false;
    response.setHeader("vary", "origin");
    const known = allowed.has(origin);
    if (known) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", exposeHeaders);
    }
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
      return false;
    if (!known) {
      response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
      response.end("This origin may not call this server: ALLOT_CORS_ORIGINS does not name it.\n");
      return true;
    }
    response.writeHead(204, {
      "access-control-allow-methods": cors.allowedMethods.join(", "),
      "access-control-allow-headers": allowHeaders,
      "access-control-max-age": String(preflightSeconds),
    });
    response.end();
    return true;
  };
}
