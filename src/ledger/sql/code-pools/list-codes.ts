import type { PoolCode, PoolCodeState } from "../../code-pools.ts";
import type { Database } from "../database.ts";
import { codesBySerial } from "./fates.ts";
import { all, merged, searchedPool, sourceOf } from "./sources.ts";

/** Looked at for one page: where one state is rare among what has to be read for it, a page is short instead of late. */
const lookedAtMax = 10_000;

export async function listCodes(
  db: Database,
  campaignNo: number,
  states: PoolCodeState[],
  after: number | undefined,
  limit: number,
): Promise<{ codes: PoolCode[]; next: number | undefined }> {
  const { kysely } = db;
  const pool = await searchedPool(kysely, campaignNo);
  const source = states.length === 0 ? all : merged(states.map((state) => sourceOf(state, db)));
  const isWanted = ({ state }: PoolCode) => states.length === 0 || states.some((one) => one === state);
  const codes: PoolCode[] = [];
  let next = after;
  for (let lookedAt = 0; lookedAt < lookedAtMax && codes.length < limit; lookedAt += limit) {
    const serials = await source(kysely, pool, next, limit);
    const found = (await codesBySerial(kysely, campaignNo, serials)).filter(isWanted);
    const page = found.slice(0, limit - codes.length);
    codes.push(...page);
    if (page.length < found.length) return { codes, next: page.at(-1)!.serial };
    if (serials.length < limit) return { codes, next: undefined };
    next = serials.at(-1)!;
  }
  return { codes, next };
}
