import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { outboxBatch } from "../contract/outbox-batch.ts";
import { describeLedger } from "../ledger.contract.ts";
import { appendEvents } from "../sql/events.ts";
import { mysqlLedger } from "./ledger.ts";
import { migrate } from "./migrate.ts";
import { openMysql } from "./open.ts";

describeLedger("MySQL", async () => {
  const url = await freshDatabase();
  await migrate(url);
  const { ledger, lending } = mysqlLedger(url);
  const { ledger: other } = mysqlLedger(url);
  await lending.setUpPartitions(1);
  const database = openMysql(url);
  return {
    ledger,
    other,
    queries: database.kysely,
    async record(entries) {
      const batches = Map.groupBy(entries, ({ epoch, n }) => `${epoch}-${n}`).values();
      await lending.record(
        0,
        [...batches].map((of) => {
          const { epoch, n, timeMs } = of[0]!;
          return outboxBatch({ epoch, n, timeMs, entries: of, handBacks: [] });
        }),
      );
    },
    tell: (facts, failure) =>
      database.write(async (tx) => {
        await appendEvents(tx, facts);
        if (failure) throw failure;
      }),
    async close() {
      await database.close();
      await ledger.close();
      await other.close();
    },
  };
});
