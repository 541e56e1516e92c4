/** Background work has one life cycle: `run()` until `stop()`. */
export interface Service {
  readonly name: string;
  /** Resolves when stopped; never rejects for what passes by itself. */
  run(): Promise<void>;
  stop(): void;
}

/** A stop that can be waited for, and pauses that end with it. */
export class Stopping {
  readonly #controller = new AbortController();

  get stopped(): boolean {
    return this.#controller.signal.aborted;
  }

  stop(): void {
    this.#controller.abort();
  }

  /** Ends after `timeoutMs`, at the stop, or when `wake` calls. */
  pause(timeoutMs: number, wake?: Wake): Promise<void> {
    const { signal } = this.#controller;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        wake?.off(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener("abort", done, { once: true });
      wake?.once(done);
    });
  }
}

/** Lets somebody end a pause early; a call while nobody pauses ends the next one. */
export class Wake {
  #waiting: (() => void) | undefined;
  #called = false;

  call(): void {
    if (this.#waiting) this.#waiting();
    else this.#called = true;
  }

  once(done: () => void): void {
    this.#waiting = done;
    if (this.#called) done();
  }

  off(done: () => void): void {
    if (this.#waiting === done) this.#waiting = undefined;
    this.#called = false;
  }
}

/** Runs services side by side; `stop` stops them in reverse order and resolves when all have ended. */
export function runAll(
  services: Service[],
  log: { error(fields: object, message: string): void },
): { stop(): Promise<void> } {
  const running = services.map((service) =>
    service
      .run()
      .catch((error) => log.error({ err: error, service: service.name }, "a service ended by itself")),
  );
  return {
    async stop() {
      for (let i = services.length - 1; i >= 0; i--) {
        services[i]!.stop();
        await running[i];
      }
    },
  };
}
