import { DatabaseSync } from "node:sqlite";
import { createConnection } from "mysql2/promise";
import type { Stand } from "./stand.ts";

export interface Rows {
  rows: number;
  /** Of these, rows that have one. */
  withSerial: number;
  serials: number;
  users: number;
}

const query = `
  SELECT COUNT(*) AS \`rows\`, COUNT(serial) AS withSerial, COUNT(DISTINCT space_no, serial) AS serials, COUNT(DISTINCT user_hash) AS users
  FROM entry WHERE campaign_no = (SELECT no FROM campaign WHERE id = ?)`;

/** What the ledger has of a campaign, by SQL. An embedded server is shut down for it, because it keeps everybody else out. */
export async function countRows(stand: Stand, campaignId: string): Promise<Rows> {
  if (stand.database) {
    const connection = await createConnection(stand.database.url);
    const [[found]] = (await connection.query(query, [campaignId])) as unknown as [Rows[]];
    await connection.end();
    return found!;
  }
  await stand.allot.shutdown();
  const db = new DatabaseSync(`${stand.allot.dir}/data/allot.db`, { readOnly: true });
  // SQLite counts distinct values of one column; all of these are of one code space.
  const found = db.prepare(query.replace("space_no, serial", "serial")).get(campaignId);
  db.close();
  return found as unknown as Rows;
}
