const firstMs = 1_000;
const longestMs = 15 * 60_000;
/** What a receiver may ask for. */
const askedMaxMs = 60 * 60_000;

/** How long to wait after so many failures in a row: twice as long each time up to 15 minutes, half of it by chance. */
export function backOffMs(failures: number, chance: number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return fullMs / 2 + (fullMs / 2) * chance;
}

/** What a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), an hour at most; 0 where it makes no sense. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const askedMs = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(askedMs) ? 0 : Math.min(askedMaxMs, Math.max(0, askedMs));
}
