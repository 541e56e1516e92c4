import type { Parameter } from "./parameter.ts";

/** Prepares a query for one row. */
export type PrepareOne = <Row>(sql: string) => (...parameters: Parameter[]) => Row | undefined;

/** Of a hash in a campaign, above the epoch and number up to which its entries are forgotten. */
const ofHash = "found.hash = ? AND found.campaign_no = ? AND (found.epoch, found.n) > (?, ?)";
const ofDay = "entry.time_ms >= ? AND entry.time_ms < ?";
const isReleased =
  "EXISTS (SELECT 1 FROM released WHERE released.campaign_no = entry.campaign_no AND released.serial = entry.serial)";

const entriesFound = `entry_by_hash AS found CROSS JOIN entry
  ON entry.campaign_no = found.campaign_no AND entry.partition_no = 0
    AND entry.epoch = found.epoch AND entry.n = found.n AND entry.i = found.i`;

export interface LastRow {
  serial: number | null;
  number: number;
  time_ms: number;
  request_fields: Uint8Array | null;
}

/** Statements that count the entries of a hash and read the last of them: of all, or of those that were not released. */
export function prepareCounts(one: PrepareOne, released: "counted" | "left out") {
  const isCounted = released === "counted" ? ofHash : `${ofHash} AND NOT ${isReleased}`;
  const count = (from: string, where: string) =>
    one<{ count: number }>(`SELECT COUNT(*) AS count FROM ${from} WHERE ${where}`);
  const last = (where: string) =>
    one<LastRow>(
      `SELECT serial, number, time_ms, request_fields FROM ${entriesFound} WHERE ${where}
       ORDER BY found.epoch DESC, found.n DESC, found.i DESC LIMIT 1`,
    );
  return {
    // What is released is told by the entry; everything else by its key.
    count: count(released === "counted" ? "entry_by_hash AS found" : entriesFound, isCounted),
    countOfDay: count(entriesFound, `${isCounted} AND ${ofDay}`),
    last: last(isCounted),
    lastOfDay: last(`${isCounted} AND ${ofDay}`),
  };
}

export type Counts = ReturnType<typeof prepareCounts>;
