import { hash } from "node:crypto";
import { type Campaign, noPrize, type Prize, ticketsNo } from "../../campaign/campaign.ts";
import { type Day, dayAt } from "../../campaign/day.ts";
import { traitsOf } from "../../campaign/mechanics.ts";
import { overMs, roundsUntilMs } from "../../campaign/rounds.ts";
import { roundSecret } from "../../draws/winners.ts";
import { keyedHash } from "../../keys/keyed-hash.ts";
import type { Secrets } from "../../keys/secrets.ts";
import type { DrawRecord } from "../../ledger/draw-records.ts";
import type { Entry } from "../../ledger/entries.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Round } from "../../ledger/rounds.ts";
import type {
  CampaignRecord,
  EntryRecord,
  PrizeRecord,
  RaffleRecord,
  Records,
  RevisionRecord,
  RoundRecord,
} from "../../verify/records.ts";

const entriesAtOnce = 10_000;
const roundsAtOnce = 100;
const winnersAtOnce = 10_000;

type Keys = Pick<Secrets, "unwrap" | "userHashKey">;

/** Why a campaign has no draws to look at. */
export class NoDraws extends Error {
  override name = "NoDraws";
}

/**
 * The records of a campaign's draws, beside servers that run; secrets that are not revealed yet are among them. What was drawn by now is
 * read before the entries that it was drawn from, so that these are all there. A ticket's number is recorded nowhere: it follows from its
 * place. Throws NoDraws.
 */
export async function fromLedger(ledger: Ledger, keys: Keys, campaignId: string): Promise<Records> {
  const known = await ledger.campaign(campaignId);
  if (!known) throw new NoDraws(`There is no campaign ${campaignId}.`);
  if (!traitsOf(known.mechanic).isDrawn) {
    throw new NoDraws(`Nothing is drawn in ${campaignId}: it is a ${known.mechanic.kind} campaign.`);
  }
  const secret = keys.unwrap("draw", known.drawSecret!.wrapped);
  const raffle = known.mechanic.kind === "raffle" ? await raffleOf(ledger, known) : undefined;
  const rounds = known.mechanic.kind === "lottery" ? await roundsOf(ledger, known, secret) : [];
  const record = await ledger.drawRecord(campaignId);
  if (!record) throw new NoDraws(`There is no campaign ${campaignId}.`);
  return {
    campaign: campaignOf(record, secret),
    raffle,
    rounds,
    entries: () => entriesOf(ledger, record),
    userHash: (userId) => keyedHash(keys.userHashKey, [userId]),
  };
}

function campaignOf({ campaign, revisions, counts }: DrawRecord, secret: Buffer): CampaignRecord {
  const countOf = (no: number) => counts.find(({ prizeNo }) => prizeNo === no);
  const { id, mechanic, partitions, prizes } = campaign;
  const { commitment, revealed } = campaign.drawSecret!;
  return {
    id,
    mechanic,
    partitions,
    commitment: Buffer.from(commitment),
    secret,
    revealed,
    revisions: revisions.map(
      ({ revision, createMs, startMs, endMs, endedMs, paused, timeZone, limits, prizes }): RevisionRecord => {
        const window = { startMs, endMs, endedMs, paused, timeZone };
        const entriesPerDay = traitsOf(mechanic).isNumbered ? limits.perUserPerDay : 0;
        return { revision, createMs, ...window, entriesPerDay, prizes: prizes.map(prizeOf) };
      },
    ),
    stock: prizes.map(({ no, quota, ranges }) => ({
      quota,
      reserved: ranges.reduce((sum, { size }) => sum + size, 0),
      inDoubt: countOf(no)?.inDoubt ?? 0,
    })),
    given: prizes.map(({ no }) => countOf(no)?.issued ?? 0),
    withoutPrize: (countOf(ticketsNo)?.issued ?? 0) + (countOf(noPrize)?.issued ?? 0),
  };
}

const prizeOf = ({ id, quota, dailyQuota, oddsPpm }: Prize): PrizeRecord => ({
  id,
  quota,
  dailyQuota,
  oddsPpm,
});

async function raffleOf(ledger: Ledger, campaign: Campaign): Promise<RaffleRecord | undefined> {
  const draw = await ledger.raffleDraw(campaign.no);
  if (!draw) return undefined;
  const { tickets: claims, winners, digest, entropy, drawMs } = draw;
  const { first } = campaign.tickets!.ranges[0]!;
  const won: RaffleRecord["won"] = [];
  for (;;) {
    const page = await ledger.raffleWinners(campaign.no, undefined, won.at(-1)?.rank ?? 0, winnersAtOnce);
    for (const { position, prizeNo, serial } of page) {
      won.push({ rank: position, prize: prizeNo, offset: serial - first });
    }
    if (page.length < winnersAtOnce) break;
  }
  return { claims, winners, digest, entropy, drawMs, won };
}

/** All that have begun or were made ahead, the first one first. */
async function roundsOf(ledger: Ledger, campaign: Campaign, secret: Buffer): Promise<RoundRecord[]> {
  const filter = {
    states: [],
    nowMs: Number.MAX_SAFE_INTEGER,
    overMs: overMs(campaign),
    untilMs: roundsUntilMs(campaign),
  };
  const rounds: Round[] = [];
  for (;;) {
    const page = await ledger.rounds(campaign.no, filter, rounds.at(-1)?.date, roundsAtOnce);
    rounds.push(...page);
    if (page.length < roundsAtOnce) break;
  }
  return Promise.all(rounds.reverse().map((round) => roundOf(ledger, campaign, round, secret)));
}

async function roundOf(
  ledger: Ledger,
  { no, id }: Campaign,
  { date, startMs, endMs, quotas, mark, draw }: Round,
  campaignSecret: Buffer,
): Promise<RoundRecord> {
  const secret = roundSecret(campaignSecret, id, date);
  const winners = draw ? await ledger.roundWinners(no, date) : [];
  return {
    date,
    startMs,
    endMs,
    commitment: hash("sha256", secret, "buffer"),
    secret,
    quotas,
    mark: mark?.map(({ partitionNo, epoch, n }) => ({ partition: partitionNo, epoch, n })),
    draw: draw && { ...draw, claims: draw.ballots },
    won: winners.map(({ rank, prizeNo, partitionNo, epoch, n, i, userHash }) => ({
      rank,
      prize: prizeNo,
      partition: partitionNo,
      epoch,
      n,
      i,
      user: userHash,
    })),
  };
}

async function* entriesOf(
  ledger: Ledger,
  { campaign, returned, mark }: DrawRecord,
): AsyncIterable<EntryRecord[]> {
  const { no, timeZone, tickets } = campaign;
  const first = tickets && tickets.ranges[0]!.first;
  const days = new Days(timeZone);
  let after: Entry | undefined;
  for (;;) {
    const page = await ledger.entriesOf(no, { toMark: mark }, after, entriesAtOnce);
    yield page.map((entry) => ({
      partition: entry.partitionNo,
      epoch: entry.epoch,
      n: entry.n,
      i: entry.i,
      revision: entry.revision,
      timeMs: entry.timeMs,
      date: days.dateAt(entry.timeMs),
      user: entry.userHash,
      userId: entry.userId === "" ? undefined : entry.userId,
      number: entry.number,
      drawn: entry.drawnNo,
      given: entry.prizeNo < ticketsNo ? entry.prizeNo : undefined,
      returned: entry.serial !== undefined && returned.has(entry.serial),
      offset: first === undefined || entry.serial === undefined ? undefined : entry.serial - first,
    }));
    if (page.length < entriesAtOnce) return;
    after = page.at(-1);
  }
}

/** The dates of times that mostly follow each other. */
class Days {
  readonly #timeZone: string;
  #day: Day | undefined;

  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  dateAt(timeMs: number): string {
    if (!this.#day || timeMs < this.#day.startMs || timeMs >= this.#day.endMs) {
      this.#day = dayAt(this.#timeZone, timeMs);
    }
    return this.#day.date;
  }
}
