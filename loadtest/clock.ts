const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on the machine's monotonic clock: the same in every thread, unlike performance.now(). */
export const monotonicMs = (): number => performance.now() + offsetMs;
