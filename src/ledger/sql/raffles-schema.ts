/** Tables of raffles; migrations/0013-raffles.sql says what they mean. */
export interface RaffleTables {
  raffle_draw: {
    campaign_no: number;
    tickets: number;
    winners: number;
    digest: Uint8Array;
    entropy: Uint8Array;
    draw_ms: number;
  };
  raffle_winner: { campaign_no: number; position: number; prize_no: number; serial: number };
}
