import type { LedgerServer } from "./ledger/server.ts";
import { readPool } from "./redis/functions/pool.ts";
import type { RedisHost } from "./redis/host.ts";

export interface PrizeRow {
  campaign_no: number;
  no: number;
  quota: number | null;
  daily_quota: number | null;
  granted: number;
}

interface Range {
  first: number;
  size: number;
}

/** What the ledger says of where serials are, looked up without a server. */
export class Books {
  readonly #ledger: LedgerServer;

  constructor(ledger: LedgerServer) {
    this.#ledger = ledger;
  }

  rows<Row>(sql: string, ...parameters: unknown[]): Row[] {
    return this.#ledger.run<Row>(sql, parameters).rows;
  }

  prizes(): PrizeRow[] {
    return this.rows<PrizeRow>(
      "SELECT p.* FROM prize p JOIN campaign c ON c.no = p.campaign_no WHERE c.mechanic <> 'raffle' OR p.no = 1000",
    );
  }

  /** By the ledger alone, at any moment: every serial is in one place, and no more is granted than reserved. */
  *problems(): Generator<string> {
    for (const prize of this.prizes()) {
      const of = [prize.campaign_no, prize.no];
      const name = `prize ${prize.no} of campaign ${prize.campaign_no}`;
      const where = "WHERE campaign_no = ? AND prize_no = ?";
      const ranges = (table: string) => this.rows<Range>(`SELECT first, size FROM ${table} ${where}`, ...of);
      const lent = this.rows<Range>(
        `SELECT first + spent AS first, size - spent AS size FROM block ${where} AND closed = 0`,
        ...of,
      );
      const issued = this.rows<{ serial: number }>(`SELECT serial FROM entry ${where}`, ...of);
      const returned = this.rows(`SELECT serial FROM returned ${where}`, ...of).length;
      const places = {
        free: ranges("free_range"),
        lent,
        doubt: ranges("doubt"),
        issued: issued.map(({ serial }) => ({ first: serial, size: 1 })),
      };
      const seen = new Map<number, string>();
      for (const [place, there] of Object.entries(places)) {
        for (const serial of there.flatMap(serialsOf)) {
          if (seen.has(serial)) yield `${name}: serial ${serial} is ${seen.get(serial)} and ${place}`;
          seen.set(serial, place);
        }
      }
      const reserved = ranges("prize_range").flatMap(serialsOf);
      const lost = reserved.filter((serial) => !seen.has(serial));
      if (lost.length > 0) yield `${name}: serials are nowhere: ${lost}`;
      const out = sizeOf(lent) + sizeOf(places.doubt) + issued.length - returned;
      if (prize.granted !== out)
        yield `${name}: ${prize.granted} granted, but ${out} lent, issued or in doubt`;
    }
  }

  /** With the outboxes empty: what the pools hold is what the ledger has lent and not seen spent. */
  *poolProblems(
    master: (partitionNo: number) => RedisHost,
    keyOf: (no: number, campaignNo: number) => string,
  ): Generator<string> {
    const parts = this.rows<{ no: number; armed_epoch: number }>(
      "SELECT no, armed_epoch FROM partition_state",
    );
    for (const { no, armed_epoch } of parts) {
      const { data } = master(no).process;
      for (const { campaign_no, no: prizeNo } of this.prizes()) {
        const stock = data.hgetall(keyOf(no, campaign_no));
        const inPools = [...stock]
          .filter(([field]) => field === `p${prizeNo}` || field.startsWith(`p${prizeNo}@`))
          .flatMap(([, text]) =>
            readPool(text).blocks.map(({ next, stop }) => ({ first: next, size: stop - next })),
          );
        const pool = (day: string) => readPool(stock.get(day === "" ? `p${prizeNo}` : `p${prizeNo}@${day}`));
        const lent = this.rows<Range & { day: string; number: number }>(
          "SELECT day, number, first + spent AS first, size - spent AS size FROM block WHERE campaign_no = ? AND prize_no = ? AND partition_no = ? AND epoch = ? AND closed = 0",
          ...[campaign_no, prizeNo, no, armed_epoch],
        );
        // A block on its way to its pool is there when somebody needs it.
        const arrived = lent.filter(({ day, number }) => number <= pool(day).last);
        const [held, known] = [inPools, arrived].map((ranges) =>
          ranges
            .flatMap(serialsOf)
            .sort((a, b) => a - b)
            .join(),
        );
        if (held !== known)
          yield `prize ${prizeNo} of campaign ${campaign_no}: partition ${no} holds [${held}], the ledger lent [${known}]`;
        const [counted] = this.rows<{ issued: number }>(
          "SELECT issued FROM prize_count WHERE campaign_no = ? AND prize_no = ? AND partition_no = ?",
          ...[campaign_no, prizeNo, no],
        );
        const inStore = Number(stock.get(`i${prizeNo}`) ?? 0);
        if (inStore !== (counted?.issued ?? 0))
          yield `prize ${prizeNo} of campaign ${campaign_no}: partition ${no} counts ${inStore} issued, the ledger ${counted?.issued ?? 0}`;
      }
    }
  }
}

const serialsOf = ({ first, size }: Range) => Array.from({ length: size }, (_, i) => first + i);
const sizeOf = (ranges: Range[]) => ranges.reduce((sum, { size }) => sum + size, 0);
