import { pack } from "./bytes.ts";
import { countOf, countUp, NONE, set, ZERO } from "./column.ts";
import {
  type Campaign,
  type Group,
  NO_PRIZE,
  packLevels,
  packOutcomes,
  packRows,
  readGroup,
  type StockPool,
  writeGroup,
} from "./group.ts";
import { drawSerials, readPool } from "./pool.ts";
import { append, type Call, check, guard } from "./prelude.ts";

const anyPool = 0;
const nothing = 255;

interface Batch {
  now: number;
  doubtful: boolean;
  full: boolean;
}

function mismatchOf({ header, campaign }: Group, now: number): string | undefined {
  if (campaign.revision > header.v) return "S";
  if (header.d && (now < header.d[0] || now >= header.d[1])) return "O";
}

function closedOf({ header, sealed }: Group, now: number): string | undefined {
  if (header.x === "E" || now >= header.e) return "e";
  if (header.x === "P") return "p";
  if (now < header.s) return "n";
  if (header.d && header.d[0] < sealed) return "r";
}

interface Drawn {
  serial: number;
  size: number;
  place: number | undefined;
}

/** Serials in sequence, or why there are none. */
function draw({ pools, campaign }: Group, wanted: number, count: number): Drawn | string {
  const none = { serial: NONE, size: count, place: undefined };
  if (wanted === nothing) {
    check(campaign.nothing !== undefined, "a take asks for nothing of a plan that gives something");
    return none;
  }
  const places = wanted === anyPool ? [...pools.keys()] : [wanted - 1];
  let isOfDay = false;
  for (const place of places) {
    const pool = pools[place]!;
    pool.stock ??= readPool(pool.text);
    const drawn = drawSerials(pool.stock, count);
    if (drawn) return { ...drawn, place };
    if (pool.stock.mark === "") return `D${String.fromCharCode(place + 1)}`;
    isOfDay ||= pool.stock.mark === "d";
  }
  if (campaign.nothing) return none;
  return isOfDay ? "q" : "s";
}

/** What a take has, or why a rule refuses it: said only where the campaign does not refuse. */
function lookUp({ requests, rules }: Group, i: number): { again?: string; refused?: string } {
  const recorded = requests?.values.get(requests.keys[i]!);
  if (requests && recorded)
    return { again: recorded.slice(0, 8) === requests.fields[i] ? `A${recorded.slice(8)}` : "R" };
  let refused: string | undefined;
  for (const rule of rules) {
    const value = rule.values.get(rule.keys[i]!);
    if (!value) continue;
    if (rule.once) return { again: `A${value.slice(0, rule.stamp)}` };
    if (countOf(rule, value) >= rule.limit) refused ??= rule.refusal;
  }
  return { ...(refused !== undefined && { refused }) };
}

function tells({ requests, rules }: Group, i: number): boolean {
  return (
    (requests !== undefined && requests.keys[i] !== ZERO) ||
    rules.some((rule) => rule.once && rule.keys[i] !== ZERO)
  );
}

const choice = ({ choices, choiceBytes }: Group, i: number, number: number) =>
  choices.charCodeAt(i * choiceBytes + number - 1);

function numberOf(group: Group, i: number): { number: number; wanted: number } {
  const { n } = group.header;
  if (n === undefined) return { number: 0, wanted: choice(group, i, 1) };
  const rule = group.rules[n - 1]!;
  const value = rule.values.get(rule.keys[i]!);
  const number = value ? countOf(rule, value) + 1 : 1;
  return { number, wanted: choice(group, i, number) };
}

function give(
  group: Group,
  from: number,
  to: number,
  { serial, place }: Drawn,
  number: number,
  drawn: number,
  now: number,
): void {
  const { campaign, header, requests, rules } = group;
  const pool: Pick<StockPool, "issued" | "taken"> =
    place === undefined ? campaign.nothing! : group.pools[place]!;
  campaign.revision = Math.max(campaign.revision, header.v);
  pool.issued += to - from;
  pool.taken = true;
  const tail = pack(6, now) + (header.n === undefined ? "" : pack(2, number));
  const stamps = new Map<number, string>();
  for (let i = from; i < to; i++)
    stamps.set(i, pack(6, place === undefined ? NONE : serial + i - from) + tail);
  for (const rule of rules) countUp(rule, from, to, stamps);
  if (requests) {
    for (let i = from; i < to; i++) {
      const key = requests.keys[i]!;
      if (key !== ZERO) set(requests, key, requests.fields[i]! + stamps.get(i)!);
    }
  }
  const run = { from, count: to - from, place, serial, number, drawn };
  group.runs.push(run);
  group.outcomes.push(run);
}

/** Behind the last of the takes that nothing tells apart from one. */
function alike(group: Group, from: number, { doubtful }: Batch): number {
  let to = from + 1;
  if (group.known[from] || doubtful) return to;
  const wanted = choice(group, from, 1);
  while (to < group.count && choice(group, to, 1) === wanted && !group.known[to]) to++;
  return to;
}

function decide(group: Group, batch: Batch): void {
  const mismatch = mismatchOf(group, batch.now);
  if (mismatch) {
    group.outcomes.push(mismatch.repeat(group.count));
    return;
  }
  const closed = closedOf(group, batch.now);
  for (let from = 0; from < group.count; ) {
    let to = alike(group, from, batch);
    const { again, refused } = group.known[from] ? lookUp(group, from) : {};
    let outcome =
      again ??
      (batch.doubtful && !tells(group, from) ? "?" : undefined) ??
      (group.banned[from] ? "b" : undefined) ??
      closed ??
      refused ??
      (batch.full ? "B" : undefined);
    if (outcome === undefined) {
      const { number, wanted } = numberOf(group, from);
      const drawn = draw(group, wanted, to - from);
      if (typeof drawn === "string") {
        outcome = drawn;
      } else {
        to = from + drawn.size;
        const prize = number > 0 ? group.header.p[wanted - 1]?.[2] : undefined;
        give(group, from, to, drawn, number, prize ?? NO_PRIZE, batch.now);
      }
    }
    if (outcome !== undefined) group.outcomes.push(outcome.repeat(to - from));
    from = to;
  }
}

/** See src/store/redis/functions/take.lua. */
export function take(call: Call): string[] {
  const { data, keys, args } = call;
  const fence = guard(call);
  if (Array.isArray(fence)) return fence;
  const number = Number(args[1]);
  let doubtful = args[2] === "1";
  const record = data.record(keys[2]!);
  if (record) {
    if (record.number === number) return record.reply;
    check(record.number < number, "the lane is ahead of its batch");
    doubtful = false;
  }
  const batch = { now: fence.now, doubtful, full: fence.total - fence.trimmed >= Number(args[3]) };
  const groups = readGroups(call, fence.bans > 0);
  const reply = ["ok", `${fence.now}`];
  const entry: string[] = [];
  for (const group of groups) {
    decide(group, batch);
    if (group.runs.length > 0) entry.push("g", packRows(group));
    reply.push(packOutcomes(group), packLevels(group));
  }
  if (entry.length === 0) return reply;
  const size = entry.reduce((sum, part) => sum + (part === "g" ? 0 : part.length), 0);
  append(call, keys[1]!, fence, entry, size);
  for (const group of groups) if (group.runs.length > 0) writeGroup(data, group);
  data.setRecord(keys[2]!, { number, reply }, Number(args[4]));
  return reply;
}

function readGroups(call: Call, areBans: boolean): Group[] {
  const groups: Group[] = [];
  const campaigns = new Map<string, Campaign>();
  const at = { key: 4, arg: 5, first: 0 };
  while (at.arg < call.args.length) {
    const group = readGroup(call, at, campaigns, areBans ? call.keys[3] : undefined);
    groups.push(group);
    at.first += group.count;
    at.key += 2 + group.rules.length;
    at.arg += 5 + group.rules.length;
  }
  return groups;
}
