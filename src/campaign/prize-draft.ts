/** A prize as asked for, checked. */
export interface PrizeDraft {
  id: string;
  name: string;
  /** Undefined: unlimited. */
  quota: number | undefined;
  dailyQuota: number | undefined;
  oddsPpm: number;
  attributes: Record<string, string>;
}
