import { z } from "zod";
import { isTimeZone } from "../../campaign/day.ts";

/** Of the files' layout: it changes when a reader of the one before would misunderstand. */
export const FORMAT = "allot-draws/1";

const hashBytes = 32;
const userBytes = 16;

const count = z.int().min(0);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** Bytes in lower-case hexadecimal, two digits a byte; so many where that is given. */
const bytes = (size?: number) => {
  const digits = size === undefined ? "*" : `{${size}}`;
  return z.codec(
    z.string().regex(new RegExp(`^([0-9a-f]{2})${digits}$`)),
    z.custom<Buffer>(Buffer.isBuffer),
    {
      decode: (hex) => Buffer.from(hex, "hex"),
      encode: (buffer) => buffer.toString("hex"),
    },
  );
};

const key = { partition: count, epoch: count, n: count, i: count };

const mechanic = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("instant-win") }),
  z.object({
    kind: z.literal("raffle"),
    tickets: z.int().min(1).max(100_000_000),
    autoDraw: z.boolean(),
    requireEntropy: z.boolean(),
  }),
  z.object({ kind: z.literal("lottery"), requireEntropy: z.boolean() }),
]);

const revision = z.object({
  revision: count,
  createMs: count,
  startMs: count,
  endMs: count,
  endedMs: count.optional(),
  paused: z.boolean(),
  timeZone: z.string().refine(isTimeZone, "it is no time zone known here"),
  entriesPerDay: count,
  prizes: z.array(
    z.object({
      id: z.string(),
      quota: count.optional(),
      dailyQuota: count.optional(),
      oddsPpm: count,
    }),
  ),
});

const draw = z.object({
  claims: count,
  winners: count,
  digest: bytes(hashBytes),
  entropy: bytes(),
  drawMs: count,
});

const campaign = z
  .object({
    id: z.string(),
    mechanic,
    partitions: z.int().min(1),
    commitment: bytes(hashBytes),
    /** Once it is revealed. */
    secret: bytes(hashBytes).optional(),
    revealed: z.boolean(),
    revisions: z.array(revision).min(1),
    stock: z.array(z.object({ quota: count.optional(), reserved: count, inDoubt: count })),
    given: z.array(count),
    withoutPrize: count,
  })
  .refine(({ revisions, stock, given }) => {
    const prizes = revisions.at(-1)!.prizes.length;
    return stock.length === prizes && given.length === prizes;
  }, "stock and given are not of as many prizes as the last revision has");

/** The file campaign.json: CampaignRecord, and a raffle's draw without its winners. */
export const campaignFile = z.object({
  format: z.literal(FORMAT),
  campaign,
  raffleDraw: draw.optional(),
});

/** A line of rounds.ndjson: RoundRecord without its winners. */
export const roundLine = z.object({
  date,
  startMs: count,
  endMs: count,
  commitment: bytes(hashBytes).optional(),
  /** Once the round is drawn. */
  secret: bytes(hashBytes).optional(),
  quotas: z.array(count).optional(),
  mark: z.array(z.object({ partition: count, epoch: count, n: count })).optional(),
  draw: draw.optional(),
});

/** Lines that name prizes, which they do by their ids. */
export function linesWithPrizes(ids: readonly string[]) {
  const places = new Map(ids.map((id, no) => [id, no]));
  const prize = z.codec(z.enum(ids), z.number(), {
    decode: (id) => places.get(id)!,
    encode: (no) => ids[no] ?? "",
  });
  return {
    /** Of entries.ndjson: EntryRecord. */
    entry: z.object({
      ...key,
      revision: count,
      timeMs: count,
      date,
      user: bytes(userBytes),
      userId: z.string().optional(),
      number: count,
      drawn: prize.optional(),
      given: prize.optional(),
      returned: z.boolean().default(false),
      offset: count.optional(),
      ticket: count.optional(),
    }),
    /** Of winners.ndjson, for a raffle … */
    ticketWon: z.object({ rank: count, prize, offset: count, ticket: count.optional() }),
    /** … and for a lottery. */
    ballotWon: z.object({ date, rank: count, prize, ...key, user: bytes(userBytes) }),
  };
}

/** The file manifest.json, written last. */
export const manifestFile = z.object({
  format: z.literal(FORMAT),
  campaign: z.string(),
  files: z.array(
    z.object({
      name: z.string().regex(/^[a-z]+\.(nd)?json$/),
      bytes: count,
      lines: count,
      sha256: z.string(),
    }),
  ),
});
