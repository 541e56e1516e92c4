import { PARTITIONS } from "../../../src/ledger/contract/lending-harness.ts";
import { describeLending } from "../../../src/ledger/lending.contract.ts";
import { entryErasers } from "../../../src/ledger/mysql/erase-entries.ts";
import { mysqlLending } from "../../../src/ledger/mysql/lending/lending.ts";
import { sqlLedger } from "../../../src/ledger/sql/ledger.ts";
import { openLedger } from "./dialect.ts";
import { LedgerServer } from "./server.ts";

const sound = {
  connect: async () => {},
  inTime: (turn: Promise<void>) => turn,
  request: async () => {},
  reply: async () => {},
};

describeLending("MySQL's queries on SQLite", async () => {
  const server = new LedgerServer(Date.now);
  const { database } = openLedger(server, sound);
  const { database: others } = openLedger(server, sound);
  const lending = mysqlLending(database);
  await lending.setUpPartitions(PARTITIONS);
  return {
    ledger: sqlLedger(database, entryErasers),
    lending,
    other: mysqlLending(others),
    queries: database.kysely,
    isSerial: true,
    close: async () => server.close(),
  };
});
