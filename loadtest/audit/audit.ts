import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import type { Mechanic, Play } from "../mechanic/mechanic.ts";
import type { JournalPages } from "../record/journal.ts";
import type { Naming } from "../record/naming.ts";
import type { Clients } from "../target/clients.ts";
import { awaitDrained } from "./await-drained.ts";
import type { Case } from "./case.ts";
import { type Check, check } from "./check.ts";
import { compareClaims } from "./claims.ts";
import { LedgerRows } from "./ledger-rows.ts";
import { checkSql } from "./sql/check-sql.ts";
import type { Tables } from "./tables/tables.ts";

interface AuditParts {
  clients: Clients;
  mechanic: Pick<Mechanic, "thing" | "things">;
  play: Play;
  /** The campaign before the load. */
  before: Campaign;
  journals: JournalPages[];
  naming: Naming;
  users: number;
  /** The ledger's database, to be asked too, where it is MySQL. */
  mysqlUrl: string | undefined;
  /** The ledger's tables, where they can be read. */
  openTables: (() => Tables) | undefined;
  addressOf(user: number): string | undefined;
}

const patienceMs = 60_000;

/**
 * Waits until the ledger has caught up, reads it, and compares it with what the store counts and what the clients were told. An audit
 * that can't be carried out is failed: what can't be shown is not so.
 */
export const audit = async (parts: AuditParts): Promise<Check[]> => {
  try {
    return await compare(parts);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [check("the audit could be carried out", "the server and its ledger can be read", [why])];
  }
};

const compare = async (parts: AuditParts): Promise<Check[]> => {
  const { clients, mechanic, play, before, journals, naming, users, mysqlUrl, openTables, addressOf } = parts;
  await play.afterwards?.(journals);
  const { campaign: after, drained } = await awaitDrained(clients, before.id, patienceMs);
  const rows = new LedgerRows(naming);
  for await (const one of play.listed()) rows.add(one, before.id);
  const claims = compareClaims(journals, rows, users, after.limits?.perUser === 1);
  const { thing, things } = mechanic;
  const of: Case = { thing, things, before, after, drained, rows, claims, naming, users, addressOf };
  return [
    ...play.judge(of),
    ...(play.judgeTables ? await judgeTables(play.judgeTables, of, openTables) : []),
    ...(mysqlUrl === undefined ? [] : await checkSql(mysqlUrl, of)),
  ];
};

const judgeTables = async (
  judge: NonNullable<Play["judgeTables"]>,
  of: Case,
  open: AuditParts["openTables"],
): Promise<Check[]> => {
  if (!open) return [check("the ledger's tables", "not read: --mysql-url says where they are", [])];
  const tables = open();
  try {
    return await judge(of, tables);
  } finally {
    await tables.close();
  }
};
