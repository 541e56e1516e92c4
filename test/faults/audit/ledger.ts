import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";

/** What the ledger's tables say of one prize (or of a raffle's tickets), at one moment. */
export interface PrizeBooks {
  no: number;
  quota: number | null;
  /** Serials that are the prize's for ever; of these, those that may still be lent. */
  reserved: number;
  free: number;
  /** Serials that are not free. */
  granted: number;
  /** Rows with a serial; and their number as it was counted along with them. */
  held: number;
  counted: number;
  /** Set aside. */
  doubted: number;
  /** Lent, and not known to be given out. */
  lent: number;
}

export interface EntryRow {
  user: string;
  serial: number | null;
  prizeNo: number;
}

export interface Books {
  prizes: PrizeBooks[];
  entries: EntryRow[];
}

/** The ledger's tables, read past the service. Every reading is a connection of its own: the database is killed in between. */
export class Ledger {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Of one campaign, at one moment. */
  async books(campaignId: string): Promise<Books> {
    return await this.#use(async (connection) => {
      await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT");
      const [prizes] = await connection.query<RowDataPacket[]>(prizeBooks, [campaignId]);
      const [entries] = await connection.query<RowDataPacket[]>(entryRows, [campaignId]);
      return { prizes: prizes as PrizeBooks[], entries: entries as EntryRow[] };
    });
  }

  /** What the drain could not record. */
  async deadLetters(): Promise<string[]> {
    return await this.#use(async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>(
        "SELECT CONVERT(problem USING utf8mb4) AS problem, content FROM dead_letter",
      );
      return rows.map(({ problem, content }) => `${problem}: ${content}`);
    });
  }

  /** How many entries of a campaign are recorded. */
  async recorded(campaignId: string): Promise<number> {
    return await this.#use(async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>(
        "SELECT COALESCE(SUM(issued), 0) AS issued FROM prize_count WHERE campaign_no = (SELECT no FROM campaign WHERE id = ?)",
        [campaignId],
      );
      return Number(rows[0]!.issued);
    });
  }

  async #use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await createConnection({
      uri: this.#url,
      connectTimeout: 2_000,
      charset: "utf8mb4_bin",
      decimalNumbers: true,
    });
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }
}

const prizeBooks = `
  SELECT prize.no, prize.quota, prize.granted,
    (SELECT COALESCE(SUM(size), 0) FROM prize_range r WHERE r.campaign_no = prize.campaign_no AND r.prize_no = prize.no) AS reserved,
    (SELECT COALESCE(SUM(size), 0) FROM free_range f WHERE f.campaign_no = prize.campaign_no AND f.prize_no = prize.no) AS free,
    (SELECT COUNT(*) FROM entry e
      WHERE e.campaign_no = prize.campaign_no AND e.prize_no = prize.no AND e.serial IS NOT NULL) AS held,
    (SELECT COALESCE(SUM(issued), 0) FROM prize_count c
      WHERE c.campaign_no = prize.campaign_no AND c.prize_no = prize.no) AS counted,
    (SELECT COALESCE(SUM(size), 0) FROM doubt d WHERE d.campaign_no = prize.campaign_no AND d.prize_no = prize.no) AS doubted,
    (SELECT COALESCE(SUM(size - spent), 0) FROM block b
      WHERE b.campaign_no = prize.campaign_no AND b.prize_no = prize.no AND b.closed = 0) AS lent
  FROM campaign JOIN prize ON prize.campaign_no = campaign.no WHERE campaign.id = ? ORDER BY prize.no`;

const entryRows = `
  SELECT CONVERT(entry.user_id USING utf8mb4) AS user, entry.serial, entry.prize_no AS prizeNo
  FROM campaign JOIN entry ON entry.campaign_no = campaign.no WHERE campaign.id = ?`;
