import { hash } from "node:crypto";
import { type Day, dayAfter, dayOf } from "../campaign/day.ts";
import { ClaimsDigest } from "../draws/claims-digest.ts";
import { InstantWin, prizeAt } from "../draws/instant-win.ts";
import { ticketOrder } from "../draws/ticket-order.ts";
import { pickWinners, roundSecret, winnersSeed } from "../draws/winners.ts";
import type {
  CampaignRecord,
  EntryRecord,
  PrizeRecord,
  RaffleRecord,
  Records,
  RevisionRecord,
  RoundRecord,
} from "./records.ts";

/** Records whose entries can be read again and again, and changed. */
export type Kept = Omit<Records, "entries"> & { rows: EntryRecord[] };

export const recordsOf = ({ rows, ...rest }: Kept): Records => ({
  ...rest,
  async *entries() {
    for (let at = 0; at < rows.length; at += 7) yield rows.slice(at, at + 7);
  },
});

const timeZone = "Europe/Berlin";
const hourMs = 3_600_000;
/** Summer time ends on the second day, which has 25 hours. */
const firstDay = dayOf(timeZone, "2026-10-24")!;
const secretOf = (seed: number) => hash("sha256", `secret ${seed}`, "buffer");
export const userHashOf = (userId: string) => hash("sha256", userId, "buffer").subarray(0, 16);

export function days(count: number): Day[] {
  const all = [firstDay];
  while (all.length < count) all.push(dayAfter(timeZone, all.at(-1)!));
  return all;
}

export const prize = (id: string, over: Partial<PrizeRecord> = {}): PrizeRecord => ({
  id,
  oddsPpm: 0,
  ...over,
});

function campaign(
  mechanic: CampaignRecord["mechanic"],
  seed: number,
  partitions: number,
  prizes: PrizeRecord[],
): CampaignRecord {
  const revision: RevisionRecord = {
    revision: 1,
    createMs: firstDay.startMs - hourMs,
    startMs: firstDay.startMs,
    endMs: firstDay.startMs + 30 * 24 * hourMs,
    paused: false,
    timeZone,
    entriesPerDay: mechanic.kind === "raffle" ? 0 : 3,
    prizes,
  };
  const secret = secretOf(seed);
  return {
    id: `autumn-${seed}`,
    mechanic,
    partitions,
    commitment: hash("sha256", secret, "buffer"),
    secret,
    revealed: true,
    revisions: [revision],
    stock: prizes.map(({ quota }) => ({
      ...(quota !== undefined && { quota }),
      reserved: quota ?? 1_000,
      inDoubt: 0,
    })),
    given: prizes.map(() => 0),
    withoutPrize: 0,
  };
}

/** Somebody takes part: some ms after the one before, on the same day or the next one with anybody. */
export interface Act {
  user: number;
  afterMs: number;
  nextDay: boolean;
}

/** Who takes part when, as the store would let them: three times a day at most. */
function* inTime(acts: Act[], partitions: number) {
  let day = firstDay;
  let timeMs = day.startMs;
  let numbers = new Map<string, number>();
  const last = new Map<number, number>();
  for (const { user: nth, afterMs, nextDay } of acts) {
    timeMs += afterMs;
    if (nextDay || timeMs >= day.endMs) {
      day = dayAfter(timeZone, day);
      timeMs = day.startMs + afterMs;
      numbers = new Map();
    }
    const userId = `user ${nth}`;
    const number = (numbers.get(userId) ?? 0) + 1;
    if (number > 3) continue;
    numbers.set(userId, number);
    const user = userHashOf(userId);
    const partition = user.readUInt16BE(0) % partitions;
    const n = (last.get(partition) ?? 0) + 1;
    last.set(partition, n);
    const entry: EntryRecord = {
      partition,
      epoch: 1,
      n,
      i: 0,
      revision: 1,
      timeMs,
      date: day.date,
      user,
      userId,
      number,
      returned: false,
    };
    yield entry;
  }
}

const inOrder = (rows: EntryRecord[]) => rows.sort((a, b) => a.partition - b.partition || a.n - b.n);

export function instantWins(seed: number, partitions: number, prizes: PrizeRecord[], acts: Act[]): Kept {
  const record = campaign({ kind: "instant-win" }, seed, partitions, prizes);
  const draws = new InstantWin(record.secret!, record.id);
  const ofDay = new Map<string, number>();
  const rows: EntryRecord[] = [];
  for (const entry of inTime(acts, partitions)) {
    const drawn = prizeAt(
      prizes.map(({ oddsPpm }, no) => ({ no, oddsPpm })),
      draws.number(entry.user, entry.date, entry.number),
    )?.no;
    rows.push(entry);
    if (drawn === undefined) {
      record.withoutPrize++;
      continue;
    }
    entry.drawn = drawn;
    const { quota = Infinity, dailyQuota = Infinity } = prizes[drawn]!;
    const key = `${drawn} ${entry.date}`;
    if (record.given[drawn]! >= quota || (ofDay.get(key) ?? 0) >= dailyQuota) {
      record.withoutPrize++;
      continue;
    }
    entry.given = drawn;
    record.given[drawn]!++;
    ofDay.set(key, (ofDay.get(key) ?? 0) + 1);
  }
  return { campaign: record, raffle: undefined, rounds: [], rows: inOrder(rows), userHash: userHashOf };
}

const winnerPrizes = (prizes: PrizeRecord[]) => prizes.flatMap(({ quota }, no) => new Array(quota!).fill(no));

/** So many of its tickets are claimed, each by another user. */
export function raffle(seed: number, tickets: number, claimed: number, prizes: PrizeRecord[]): Kept {
  const mechanic = { kind: "raffle" as const, tickets, autoDraw: false, requireEntropy: false };
  const record = campaign(mechanic, seed, 1, prizes);
  const numbers = ticketOrder(record.secret!, tickets).numbers(Array.from({ length: claimed }, (_, i) => i));
  const claims = new ClaimsDigest();
  const acts = Array.from({ length: claimed }, (_, user) => ({ user, afterMs: 5, nextDay: false }));
  const rows = [...inTime(acts, 1)];
  for (const [offset, entry] of rows.entries()) {
    Object.assign(entry, { number: 0, offset, ticket: numbers[offset] });
    claims.addTicket(offset, entry.user);
  }
  record.withoutPrize = claimed;
  const entropy = Buffer.from("a beacon's value");
  const digest = claims.digest();
  const all = winnerPrizes(prizes);
  const picked = pickWinners(
    winnersSeed(record.secret!, record.id, "", digest, entropy),
    claimed,
    all.length,
  );
  const won = picked.map((offset, at) => ({
    rank: at + 1,
    prize: all[at]!,
    offset,
    ticket: numbers[offset],
  }));
  const draw: RaffleRecord = {
    claims: claimed,
    winners: won.length,
    digest,
    entropy,
    drawMs: firstDay.endMs,
    won,
  };
  return { campaign: record, raffle: draw, rounds: [], rows, userHash: userHashOf };
}

/** All rounds but the last one are drawn. */
export function lottery(seed: number, partitions: number, prizes: PrizeRecord[], acts: Act[]): Kept {
  const record = campaign({ kind: "lottery", requireEntropy: false }, seed, partitions, prizes);
  const rows = inOrder([...inTime(acts, partitions)]);
  record.withoutPrize = rows.length;
  const latest = rows.reduce((latest, { timeMs }) => Math.max(latest, timeMs), 0);
  const count = days(30).findIndex(({ endMs }) => latest < endMs) + 1;
  const mark = Array.from({ length: partitions }, (_, partition) => ({ partition, epoch: 1, n: 1_000_000 }));
  const rounds = days(count).map((day, at): RoundRecord => {
    const { date } = day;
    const secret = roundSecret(record.secret!, record.id, date);
    const head = { ...day, commitment: hash("sha256", secret, "buffer"), secret, won: [] };
    if (at === count - 1) return head;
    const ballots = rows.filter((row) => row.date === date);
    const claims = new ClaimsDigest();
    for (const { user, number, timeMs } of ballots) claims.addBallot(user, number, timeMs);
    const digest = claims.digest();
    const entropy = Buffer.from(date);
    const all = winnerPrizes(prizes);
    const picked = pickWinners(
      winnersSeed(secret, record.id, date, digest, entropy),
      claims.count,
      all.length,
    );
    const won = picked.map((place, k) => {
      const { partition, epoch, n, i, user } = ballots[place]!;
      return { rank: k + 1, prize: all[k]!, partition, epoch, n, i, user };
    });
    const draw = { claims: claims.count, winners: won.length, digest, entropy, drawMs: day.endMs };
    return { ...head, quotas: prizes.map(({ quota }) => quota!), mark, draw, won };
  });
  return { campaign: record, raffle: undefined, rounds, rows, userHash: userHashOf };
}
