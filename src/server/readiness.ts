/** Whether this process should be sent requests, and what is in the way. One part of the server can't clear another's reason. */
export interface Readiness {
  readonly ready: boolean;
  /** What is in the way, by part; empty when ready. */
  readonly reasons: ReadonlyMap<string, string>;
  block(part: string, reason: string): void;
  clear(part: string): void;
  /** Calls back after every change between ready and not ready; returns how to stop that. */
  onChange(listener: () => void): () => void;
}

export function createReadiness(): Readiness {
  const reasons = new Map<string, string>();
  const listeners = new Set<() => void>();

  function change(apply: () => void): void {
    const before = reasons.size === 0;
    apply();
    if ((reasons.size === 0) !== before) for (const listener of [...listeners]) listener();
  }

  return {
    get ready() {
      return reasons.size === 0;
    },
    reasons,
    block: (part, reason) => change(() => reasons.set(part, reason)),
    clear: (part) => change(() => reasons.delete(part)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Resolves when it is ready, or after some time anyway. */
export function untilReady(readiness: Readiness, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    const forget = readiness.onChange(() => readiness.ready && done());
    if (readiness.ready) done();
  });
}
