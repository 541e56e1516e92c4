import cluster from "node:cluster";

/** Whether and when this process was told to stop. */
export interface Signalled {
  readonly promise: Promise<void>;
  readonly happened: boolean;
}

/** Listens for the first SIGTERM or SIGINT. */
export function signalled(): Signalled {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = { promise, happened: false };
  const onSignal = () => {
    state.happened = true;
    resolve();
  };
  process.once("SIGTERM", onSignal);
  // A terminal sends Ctrl-C to everybody; of several workers the primary tells each.
  if (!cluster.isWorker) process.once("SIGINT", onSignal);
  return state;
}
