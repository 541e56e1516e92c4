import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { describeLedger } from "../ledger.contract.ts";
import { mysqlLedger } from "./ledger.ts";
import { migrate } from "./migrate.ts";

describeLedger("MySQL", async () => {
  const url = await freshDatabase();
  await migrate(url);
  const { ledger, lending } = mysqlLedger(url);
  const { ledger: other } = mysqlLedger(url);
  await lending.setUpPartitions(1);
  return {
    ledger,
    other,
    async record(entries) {
      const batches = Map.groupBy(entries, ({ epoch, n }) => `${epoch}-${n}`).values();
      await lending.record(
        0,
        [...batches].map((of) => ({
          epoch: of[0]!.epoch,
          n: of[0]!.n,
          timeMs: of[0]!.timeMs,
          entries: of,
          handBacks: [],
        })),
      );
    },
    async close() {
      await ledger.close();
      await other.close();
    },
  };
});
