import { cors } from "@connectrpc/connect";
import type { Request, Response } from "./exchange.ts";

const allowHeaders = [...cors.allowedHeaders, "Authorization"].join(", ");
const exposeHeaders = cors.exposedHeaders.join(", ");
const preflightSeconds = 7_200;

export interface Cors {
  /** What an answer to a page of this origin says in its headers. */
  headersFor(origin: string): Readonly<Record<string, string>>;
  /** Puts them on an answer; true: the request was a preflight and is answered. */
  apply(request: Request, response: Response): boolean;
}

/** Lets pages of the named origins call this server, and nobody else's. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);
  const stranger = { vary: "origin" };
  const headersFor = (origin: string) =>
    allowed.has(origin)
      ? {
          vary: "origin",
          "access-control-allow-origin": origin,
          "access-control-expose-headers": exposeHeaders,
        }
      : stranger;
  return {
    headersFor,
    apply(request, response) {
      const { origin } = request.headers;
      if (origin === undefined) return false;
      for (const [name, value] of Object.entries(headersFor(origin))) response.setHeader(name, value);
      if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
        return false;
      if (!allowed.has(origin)) {
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
    },
  };
}
