/** The tables of migrations/0011-rounds.sql. */
export interface RoundTables {
  round: RoundTable;
  round_winner: RoundWinnerTable;
}

export interface RoundTable {
  campaign_no: number;
  date: string;
  start_ms: number;
  end_ms: number;
  state: "open" | "sealed" | "waiting" | "drawn";
  from_marks: string | null;
  quotas: string | null;
  marks: string | null;
  ballots: number | null;
  winners: number | null;
  digest: Uint8Array | null;
  entropy: Uint8Array | null;
  draw_ms: number | null;
  lease_owner: string | null;
  lease_until_ms: number;
}

interface RoundWinnerTable {
  campaign_no: number;
  date: string;
  rank: number;
  prize_no: number;
  partition_no: number;
  epoch: number;
  n: number;
  i: number;
  user_hash: Uint8Array;
}
