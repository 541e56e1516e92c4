import type { Keyspace } from "../keyspace.ts";
import { pack, unpack } from "./bytes.ts";
import {
  type Column,
  type CountingColumn,
  readColumn,
  split,
  stampBytes,
  type Values,
  writeColumn,
} from "./column.ts";
import { type PoolText, stockIn, writePool } from "./pool.ts";
import { type Call, check } from "./prelude.ts";

export const NO_PRIZE = 65_535;
const NO_PRIZE_FIELD = `i${NO_PRIZE}`;

/** As take.lua names its members. */
interface PlanHeader {
  c: number;
  v: number;
  w: number;
  s: number;
  e: number;
  x: string;
  d?: [number, number];
  n?: number;
  o?: 1;
  r: [limit: number, remembers: 0 | 1, refusal: string, expiry: number][];
  p: [field: string, issued: string, prize: number][];
}

/** What a campaign's groups in a batch share. */
export interface Campaign {
  stockKey: string;
  revision: number;
  pools: Map<string, StockPool>;
  hashes: Map<string, Values>;
  nothing: Given | undefined;
}

interface Given {
  issued: number;
  taken: boolean;
}

export interface StockPool extends Given {
  text: string | undefined;
  stock: PoolText | undefined;
}

export interface Rule extends CountingColumn {
  limit: number;
  refusal: string;
  expiry: number;
  once: boolean;
}

/** Takes beside each other that got serials in sequence, or nothing; `place` is the pool's, from 0. */
export interface Run {
  from: number;
  count: number;
  place: number | undefined;
  serial: number;
  number: number;
  drawn: number;
}

export interface Group {
  header: PlanHeader;
  stamp: number;
  /** Its first take's place in the batch. */
  first: number;
  count: number;
  choices: string;
  choiceBytes: number;
  /** What each take says about itself, with its length. */
  who: string[];
  known: boolean[];
  banned: boolean[];
  campaign: Campaign;
  pools: StockPool[];
  rules: Rule[];
  requests: (Column & { fields: string[] }) | undefined;
  sealed: number;
  runs: Run[];
  outcomes: (string | Run)[];
}

/** Where a group's keys and arguments begin. */
export interface Place {
  key: number;
  arg: number;
  first: number;
}

/** See src/store/redis/functions/group.lua. */
export function readGroup(
  { data, keys, args }: Call,
  at: Place,
  campaigns: Map<string, Campaign>,
  bans: string | undefined,
): Group {
  const header: PlanHeader = JSON.parse(args[at.arg]!);
  const choices = args[at.arg + 1]!;
  const choiceBytes = header.n === undefined ? 1 : header.r[header.n - 1]![0];
  const count = Math.floor(choices.length / choiceBytes);
  check(count * choiceBytes === choices.length, "the choices column does not match its batch");
  const who = whoOf(args[at.arg + 4]!);
  check(who.length === count, "the who column does not match its batch");
  const stockKey = keys[at.key]!;
  const campaign = campaigns.getOrInsertComputed(stockKey, () => ({
    ...{ stockKey, revision: 0, pools: new Map(), hashes: new Map(), nothing: undefined },
  }));
  const group: Group = {
    ...{ header, first: at.first, count, choices, choiceBytes, who, campaign },
    ...{ known: [], banned: [], pools: [], rules: [], requests: undefined, runs: [], outcomes: [] },
    stamp: stampBytes(header.n !== undefined),
    sealed: 0,
  };
  readStock(data, group);
  const column = (hash: string, text: string) => {
    const values = campaign.hashes.getOrInsertComputed(hash, () => new Map());
    return readColumn(data, hash, text, count, values, group.known);
  };
  if (args[at.arg + 2] !== "") {
    const requests = column(keys[at.key + 1]!, args[at.arg + 2]!);
    group.requests = { ...requests, fields: split(args[at.arg + 3]!, 8, count) };
  }
  header.r.forEach(([limit, remembers, refusal, expiry], r) => {
    group.rules.push({
      ...column(keys[at.key + 2 + r]!, args[at.arg + 5 + r]!),
      ...{ limit, remembers: remembers === 1, refusal, expiry, stamp: group.stamp },
      once: remembers === 1 && limit === 1,
    });
  });
  if (bans !== undefined) readBans(data, group, bans);
  return group;
}

function readStock(data: Keyspace, group: Group): void {
  const { header, campaign } = group;
  const of = (field: string) => data.hget(campaign.stockKey, field);
  campaign.revision = Number(of("rev") ?? 0);
  for (const [field, issuedField] of header.p) {
    const pool = campaign.pools.getOrInsertComputed(field, () => ({
      ...{ text: of(field), issued: Number(of(issuedField) ?? 0), taken: false, stock: undefined },
    }));
    group.pools.push(pool);
  }
  if (header.o) campaign.nothing ??= { issued: Number(of(NO_PRIZE_FIELD) ?? 0), taken: false };
  group.sealed = header.d ? Number(of("sealed") ?? 0) : 0;
}

/** Cut at the lengths; what does not fit is one piece too many. */
function whoOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 2 + unpack(2, text, at);
    pieces.push(text.slice(at, end));
    if (!(end <= text.length)) pieces.push("");
    at = Number.isNaN(end) ? text.length : end;
  }
  return pieces;
}

function readBans(data: Keyspace, group: Group, key: string): void {
  group.who.forEach((who, i) => {
    if (data.hget(key, who.slice(3, 19)) === undefined) return;
    group.banned[i] = true;
    group.known[i] = true;
  });
}

export function packOutcomes({ header, outcomes }: Group): string {
  const packed = outcomes.map((outcome) => {
    if (typeof outcome === "string") return outcome;
    const number = header.n === undefined ? "" : pack(2, outcome.number);
    return `I${pack(2, outcome.count)}${pack(6, outcome.serial)}${number}`;
  });
  return packed.join("");
}

export function packLevels({ pools }: Group): string {
  const levels = pools.map(({ stock }, place) => (stock ? `${place + 1}:${stockIn(stock)}` : ""));
  return levels.filter((level) => level !== "").join(",");
}

export function packRows({ header, runs, first, who }: Group): string {
  const rows = runs.reduce((sum, { count }) => sum + count, 0);
  const head =
    pack(4, header.c) + pack(4, header.v) + pack(4, header.w) + pack(2, rows) + pack(2, runs.length);
  const places = runs.map(({ from, count, place, serial, number, drawn }) => {
    const prize = place === undefined ? NO_PRIZE : header.p[place]![2];
    const ends = pack(6, serial) + pack(2, number) + pack(2, drawn);
    return pack(2, first + from) + pack(2, count) + pack(2, prize) + ends;
  });
  const whos = runs.map(({ from, count }) => who.slice(from, from + count).join(""));
  return head + places.join("") + whos.join("");
}

export function writeGroup(data: Keyspace, { header, campaign, pools, requests, rules }: Group): void {
  const fields = ["rev", `${campaign.revision}`];
  pools.forEach((pool, place) => {
    const [field, issuedField] = header.p[place]!;
    if (pool.taken) fields.push(field, writePool(pool.stock!), issuedField, `${pool.issued}`);
  });
  if (campaign.nothing?.taken) fields.push(NO_PRIZE_FIELD, `${campaign.nothing.issued}`);
  data.hset(campaign.stockKey, ...fields);
  if (requests) writeColumn(data, requests);
  for (const rule of rules) {
    writeColumn(data, rule);
    if (rule.expiry > 0) data.expireAt(rule.hash, rule.expiry);
  }
}
