/** The tables of migrations/0007-redemptions.sql. */
export interface RedemptionTables {
  redemption: RedemptionTable;
  returned: ReturnedTable;
}

export interface RedemptionTable {
  space_no: number;
  serial: number;
  campaign_no: number;
  order_id: string;
  reserve_until_ms: number | null;
  redeem_ms: number | null;
  revoke_ms: number | null;
  revoke_reason: string;
}

interface ReturnedTable {
  campaign_no: number;
  serial: number;
  space_no: number;
  prize_no: number;
  released: number;
}
