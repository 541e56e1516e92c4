import type { CodeFormat } from "./format.ts";

/** Whether two formats share one code space. The order of the symbols counts: it decides a serial's code. */
export function sameSpace(a: CodeFormat, b: CodeFormat): boolean {
  return a.alphabet === b.alphabet && a.length === b.length && a.prefix === b.prefix;
}

/** Whether two valid formats of different spaces could produce the same string. */
export function overlaps(a: CodeFormat, b: CodeFormat): boolean {
  if (sameSpace(a, b)) return false;
  const prefixOfA = [...a.prefix];
  const prefixOfB = [...b.prefix];
  if (prefixOfA.length + a.length !== prefixOfB.length + b.length) return false;

  // From the end of the longer prefix on all positions are alike: one of them stands for the rest.
  const count = Math.max(prefixOfA.length, prefixOfB.length) + 1;
  const ofB = positions(prefixOfB, b.alphabet, count);
  return positions(prefixOfA, a.alphabet, count).every((symbols, at) => !symbols.isDisjointFrom(ofB[at]!));
}

/** Tells strings that one of some valid formats could produce. */
export function producedBy(formats: readonly CodeFormat[]): (code: string) => boolean {
  const byLength = Map.groupBy(
    formats.map(({ alphabet, length, prefix }) => ({
      prefix,
      symbols: new Set(alphabet),
      total: [...prefix].length + length,
    })),
    ({ total }) => total,
  );
  return (code) => {
    const ofLength = byLength.get([...code].length) ?? [];
    return ofLength.some(
      ({ prefix, symbols }) =>
        code.startsWith(prefix) && [...code.slice(prefix.length)].every((symbol) => symbols.has(symbol)),
    );
  };
}

/** What the first `count` positions of a code may hold. */
function positions(prefix: string[], alphabet: string, count: number): Set<string>[] {
  const free = new Set(alphabet);
  return Array.from({ length: count }, (_, at) => (at < prefix.length ? new Set([prefix[at]!]) : free));
}
