import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../servers/free-port.ts";
import type { Run } from "../coverage/covered-source.ts";
import type { Question, Report } from "../coverage/report.ts";

const program = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const report = fileURLToPath(new URL("../coverage/report.ts", import.meta.url));

const startMs = 60_000;
/** A server that does not even say what it covered is stuck. */
const reportMs = 30_000;
/** What the server gives a request; shorter than usual, because those that never end are many here. */
export const requestTimeoutMs = 500;

/** The server as users start it, embedded, in a process of its own that says what of its code has run. */
export class FuzzedServer {
  readonly port: number;
  readonly #child: ChildProcess;
  /** What it wrote, line by line. */
  readonly lines: string[] = [];
  /** Why it ended; undefined while it runs. */
  ended: string | undefined;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    const onText = (text: string) => this.lines.push(...text.split("\n").filter((line) => line !== ""));
    child.stdout!.setEncoding("utf8").on("data", onText);
    child.stderr!.setEncoding("utf8").on("data", onText);
    child.once("exit", (code, signal) => {
      this.ended = signal ?? `code ${code}`;
    });
  }

  static async start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<FuzzedServer> {
    const port = await freePort();
    const child = fork(program, ["serve"], {
      execArgv: ["--import", report, "--expose-gc"],
      env: { PATH: process.env.PATH, ...settings(dataDir, port), ...env },
      silent: true,
    });
    const server = new FuzzedServer(child, port);
    process.once("exit", server.#cut);
    for (const deadline = Date.now() + startMs; !(await server.#isReady()); await delay(20)) {
      if (server.ended === undefined && Date.now() < deadline) continue;
      await server.kill();
      throw new Error(`the server did not start:\n${server.lines.join("\n")}`);
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What ran for the first time; undefined: it does not answer. */
  take(): Promise<Report | undefined> {
    return this.#ask({ take: true });
  }

  forget(): Promise<Report | undefined> {
    return this.#ask({ forget: true });
  }

  add(runs: readonly Run[]): Promise<Report | undefined> {
    return this.#ask({ add: runs });
  }

  /** In use, without garbage. */
  async heapBytes(): Promise<number | undefined> {
    return (await this.#ask({ heap: true }))?.heapBytes;
  }

  async kill(): Promise<void> {
    process.off("exit", this.#cut);
    if (this.ended !== undefined) return;
    const gone = once(this.#child, "exit");
    this.#cut();
    await gone;
  }

  readonly #cut = (): void => {
    this.#child.kill("SIGKILL");
  };

  async #ask(question: Question): Promise<Report | undefined> {
    if (this.ended !== undefined || !this.#child.connected) return undefined;
    const answered = AbortSignal.timeout(reportMs);
    this.#child.send(question);
    return await once(this.#child, "message", { signal: answered }).then(
      ([answer]) => answer as Report,
      () => undefined,
    );
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

function settings(dataDir: string, port: number): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: String(port),
    ALLOT_DATA: dataDir,
    ALLOT_AUTH: "keys",
    ALLOT_CORS_ORIGINS: "https://shop.example",
    ALLOT_TRUSTED_PROXIES: "127.0.0.0/8",
    ALLOT_LOG_LEVEL: "warn",
    ALLOT_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
    // Nearly every code here is a wrong one.
    ALLOT_WRONG_CODES_PER_MINUTE: "1000000",
  };
}
