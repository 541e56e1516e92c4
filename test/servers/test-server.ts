import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { which } from "./binary.ts";

const READY_WITHIN_MS = 60_000;
const SHUTDOWN_WITHIN_MS = 30_000;

export interface Program {
  /** What messages call it: "redis", "mysql". */
  name: string;
  command: string;
  args: string[];
  /** On top of this process's environment. */
  env?: Record<string, string>;
  url: string;
  port: number;
  dir: string;
  /** Whether `stop` removes the folder: not when the caller brought it. */
  ownsDir: boolean;
  /** One attempt to use the server as a client would. */
  isReady(): Promise<boolean>;
}

/**
 * A server process of a test's own: it listens on 127.0.0.1 only, keeps everything in one folder, and dies with the
 * process that started it.
 */
export class TestServer {
  readonly #program: Program;
  #child: ChildProcess | undefined;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(program: Program): Promise<TestServer> {
    const server = new TestServer(program);
    servers.add(server);
    try {
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get url(): string {
    return this.#program.url;
  }

  get port(): number {
    return this.#program.port;
  }

  /** The folder with the data and `server.log`. */
  get dir(): string {
    return this.#program.dir;
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error(`${this.#program.name} is not running`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** What the server itself wrote, since its first start. */
  get log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** SIGKILL; resolves when the process is gone. The data stays for `restart`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** SIGTERM; resolves when the process has ended by itself. The data stays for `restart`. */
  async shutdown(): Promise<void> {
    if (this.running) this.resume();
    await this.#end("SIGTERM");
  }

  /** Starts it again over the same data and port, shutting it down first if it runs; resolves when it answers. */
  async restart(): Promise<void> {
    await this.shutdown();
    await this.#launch();
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Ends it for good: at once and with its folder, or by a shutdown where the caller brought the folder. */
  async stop(): Promise<void> {
    if (this.#program.ownsDir) {
      await this.kill();
      await rm(this.dir, { recursive: true, force: true });
    } else {
      await this.shutdown();
    }
    servers.delete(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** For a process that is exiting and can't wait. */
  abandon(): void {
    this.#child?.kill("SIGKILL");
    if (this.#program.ownsDir) rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  get #logFile(): string {
    return join(this.dir, "server.log");
  }

  async #launch(): Promise<void> {
    const [command, args] = boundToThisProcess(this.#program);
    const log = openSync(this.#logFile, "a");
    const child = spawn(command, args, {
      cwd: this.dir,
      env: { ...process.env, ...this.#program.env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    let failure: string | undefined;
    const gone = (why: string) => {
      failure = why;
      if (this.#child === child) this.#child = undefined;
    };
    child.once("error", (error) => gone(error.message));
    child.once("exit", (code, signal) => gone(`it ended with ${signal ?? `code ${code}`}`));

    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await this.#program.isReady())) {
      if (failure === undefined && Date.now() > deadline) failure = `no answer within ${READY_WITHIN_MS} ms`;
      if (failure !== undefined)
        throw new Error(`${this.#program.name} did not start: ${failure}\n${this.#lastWords()}`);
      await delay(20);
    }
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = once(child, "exit");
    child.kill(signal);
    const overdue = setTimeout(() => child.kill("SIGKILL"), SHUTDOWN_WITHIN_MS);
    const [, endedBy] = await gone;
    clearTimeout(overdue);
    if (signal === "SIGTERM" && endedBy === "SIGKILL") {
      throw new Error(
        `${this.#program.name} did not shut down within ${SHUTDOWN_WITHIN_MS} ms\n${this.#lastWords()}`,
      );
    }
  }

  #lastWords(): string {
    return this.log.trimEnd().split("\n").slice(-20).join("\n");
  }
}

/** The folder a server is to live in: the caller's, or a new one that `stop` removes. */
export async function serverFolder(name: string, dir?: string): Promise<Pick<Program, "dir" | "ownsDir">> {
  return dir
    ? { dir, ownsDir: false }
    : { dir: await mkdtemp(join(tmpdir(), `allot-${name}-`)), ownsDir: true };
}

const servers = new Set<TestServer>();
process.once("exit", () => {
  for (const server of servers) server.abandon();
});
// How vitest ends its workers. Without a listener of somebody who will exit in order, exit here, so that the hook runs.
process.once("SIGTERM", () => {
  if (process.listenerCount("SIGTERM") === 0) process.exit(143);
});

/** An exit hook does not run when the test process itself is killed, so on Linux the kernel is asked to end the server. */
function boundToThisProcess({ command, args }: Program): [string, string[]] {
  const setpriv = which("setpriv");
  return setpriv ? [setpriv, ["--pdeathsig", "KILL", command, ...args]] : [command, args];
}
