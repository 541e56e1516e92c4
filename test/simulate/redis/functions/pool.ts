interface PoolBlock {
  number: number;
  next: number;
  stop: number;
}

/** A pool; see src/store/redis/functions/pool.lua for its text. */
export interface PoolText {
  last: number;
  mark: string;
  blocks: PoolBlock[];
}

export function readPool(text: string | undefined): PoolText {
  if (text === undefined) return { last: 0, mark: "", blocks: [] };
  const [last, mark, ...blocks] = text.split("|");
  return {
    last: Number(last),
    mark: mark!,
    blocks: blocks.map((block) => {
      const [number, next, stop] = block.split(":").map(Number);
      return { number: number!, next: next!, stop: stop! };
    }),
  };
}

export function writePool({ last, mark, blocks }: PoolText): string {
  const left = blocks.filter(({ next, stop }) => next < stop);
  return [`${last}`, mark, ...left.map(({ number, next, stop }) => `${number}:${next}:${stop}`)].join("|");
}

export const stockIn = ({ blocks }: PoolText) =>
  blocks.reduce((stock, { next, stop }) => stock + stop - next, 0);

/** The next serials, lowest block first, at most `count` of one block. */
export function drawSerials(pool: PoolText, count: number): { serial: number; size: number } | undefined {
  const block = pool.blocks.find(({ next, stop }) => next < stop);
  if (!block) return undefined;
  const serial = block.next;
  const size = Math.min(count, block.stop - block.next);
  block.next += size;
  return { serial, size };
}
