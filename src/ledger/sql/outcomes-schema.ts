/** migrations/0014-outcomes.sql says what it means. */
export interface OutcomeTable {
  campaign_no: number;
  outcome: string;
  count: number;
}
