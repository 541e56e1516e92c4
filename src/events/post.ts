import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

/** What a receiver says is not read, only let pass up to here, so that the connection can be used again. */
const ignoredBytes = 64 * 1024;
/** How long an unused connection is kept. */
const idleMs = 60_000;

export interface PostAnswer {
  status: number;
  retryAfter: string | undefined;
}

/** Connections to one endpoint, kept open between requests. */
export class Connections {
  readonly #url: URL;
  readonly #agent: HttpAgent;

  constructor(url: string, countMax: number) {
    this.#url = new URL(url);
    const options = { keepAlive: true, maxSockets: countMax, timeout: idleMs };
    this.#agent = this.#url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends one request and says how it was answered. Redirects are answers like any other. Throws where there is none in time. */
  async post(headers: Record<string, string>, body: string, timeoutMs: number): Promise<PostAnswer> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const { answer, problem, stale } = await this.#once(headers, body, untilMs, timeoutMs);
      if (answer) return answer;
      if (!stale) throw problem;
    }
  }

  /** Ends what is under way, too. */
  close(): void {
    this.#agent.destroy();
  }

  #once(headers: Record<string, string>, body: string, untilMs: number, timeoutMs: number): Promise<Attempt> {
    const send = this.#url.protocol === "https:" ? requestHttps : requestHttp;
    const content = Buffer.from(body);
    return new Promise((resolve) => {
      const attempt: Attempt = { answer: undefined, problem: undefined, stale: false };
      const request = send(this.#url, {
        method: "POST",
        agent: this.#agent,
        headers: { ...headers, "content-length": content.length },
      });
      const late = () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`));
      const timer = setTimeout(late, untilMs - performance.now());
      request.on("response", (response) => {
        // From here on nothing changes it: neither a break nor a body without end.
        attempt.answer = { status: response.statusCode!, retryAfter: response.headers["retry-after"] };
        ignore(response);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        attempt.problem = error;
        // The receiver closed a connection just when it was used again: a new one may do.
        attempt.stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      });
      request.on("close", () => {
        clearTimeout(timer);
        resolve(attempt);
      });
      request.end(content);
    });
  }
}

interface Attempt {
  answer: PostAnswer | undefined;
  problem: Error | undefined;
  stale: boolean;
}

function ignore(response: IncomingMessage): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ignoredBytes) response.destroy();
  });
  response.on("error", () => {});
}
