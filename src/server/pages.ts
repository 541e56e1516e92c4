import { Registry } from "prom-client";
import type { Request, Response } from "./exchange.ts";
import type { Readiness } from "./readiness.ts";

export interface PagesOptions {
  readonly readiness: Readiness;
  /** The metrics in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
  /** The text of the front page, from the server's own address. */
  readonly welcome: (url: string) => string;
}

/** What is served besides calls: a front page, and what operators and orchestrators ask. Returns whether it was one of these. */
export function createPages({ readiness, scrape, welcome }: PagesOptions) {
  const pages: Record<string, (request: Request, response: Response) => void> = {
    "/": (request, response) => {
      const host = request.headers[":authority"] ?? request.headers.host ?? "localhost";
      const scheme = "encrypted" in request.socket ? "https" : "http";
      send(response, 200, "text/plain; charset=utf-8", welcome(`${scheme}://${host}`));
    },
    "/healthz": (_, response) => send(response, 200, "application/json", '{"status":"ok"}\n'),
    "/readyz": (_, response) => {
      const body = {
        status: readiness.ready ? "ready" : "not ready",
        reasons: Object.fromEntries(readiness.reasons),
      };
      send(response, readiness.ready ? 200 : 503, "application/json", `${JSON.stringify(body)}\n`);
    },
    "/metrics": (_, response) => {
      scrape().then(
        (text) => send(response, 200, Registry.PROMETHEUS_CONTENT_TYPE, text),
        () =>
          send(
            response,
            503,
            "text/plain; charset=utf-8",
            "The workers did not all report in time: ask again.\n",
          ),
      );
    },
  };

  return (path: string, request: Request, response: Response): boolean => {
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return false;
    if (request.method === "GET" || request.method === "HEAD") page(request, response);
    else {
      response.setHeader("allow", "GET, HEAD");
      send(response, 405, "text/plain; charset=utf-8", "Use GET.\n");
    }
    return true;
  };
}

function send(response: Response, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
