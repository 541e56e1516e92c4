import type { Keyspace } from "../keyspace.ts";
import { cut, pack, unpack } from "./bytes.ts";
import { check } from "./prelude.ts";

export const ZERO = "\0".repeat(16);
export const NONE = 2 ** 48 - 1;

/** Key → what it has; false: nothing. */
export type Values = Map<string, string | false>;

/** The keys under which one hash counts or remembers takes; see src/store/redis/functions/column.lua. */
export interface Column {
  hash: string;
  keys: string[];
  values: Values;
  changes: string[];
}

export interface CountingColumn extends Column {
  remembers: boolean;
  /** Width of its stamps. */
  stamp: number;
}

export function split(text: string, width: number, count: number): string[] {
  check(text.length === width * count, "a column does not match its batch");
  return cut(text, width);
}

export function readColumn(
  data: Keyspace,
  hash: string,
  text: string,
  count: number,
  values: Values,
  known: boolean[],
): Column {
  const keys = split(text, 16, count);
  const found = data.hmget(hash, keys);
  keys.forEach((key, i) => {
    if (key === ZERO) return;
    if (found[i] !== undefined || values.has(key)) known[i] = true;
    values.set(key, found[i] ?? false);
  });
  return { hash, keys, values, changes: [] };
}

export function set(column: Column, key: string, value: string): void {
  column.values.set(key, value);
  column.changes.push(key, value);
}

export function writeColumn(data: Keyspace, { hash, changes }: Column): void {
  if (changes.length > 0) data.hset(hash, ...changes);
}

export const stampBytes = (isNumbered: boolean) => (isNumbered ? 14 : 12);

export function countOf({ remembers, stamp }: { remembers: boolean; stamp: number }, value: string): number {
  if (!remembers) return Number(value);
  return value.length === stamp ? 1 : unpack(4, value, stamp);
}

function oneMore(rule: CountingColumn, value: string | false, stamp: string): string {
  if (!rule.remembers) return value === false ? "1" : `${Number(value) + 1}`;
  return value === false ? stamp : stamp + pack(4, countOf(rule, value) + 1);
}

/** Counts takes `from` up to, but not with, `to`. */
export function countUp(rule: CountingColumn, from: number, to: number, stamps: Map<number, string>): void {
  for (let i = from; i < to; i++) {
    const key = rule.keys[i]!;
    if (key === ZERO) continue;
    set(rule, key, oneMore(rule, rule.values.get(key) ?? false, stamps.get(i)!));
  }
}
