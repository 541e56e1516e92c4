import { freshDatabase } from "../../../test/servers/fresh-database.ts";
import { PARTITIONS } from "../contract/lending-harness.ts";
import { describeLending } from "../lending.contract.ts";
import { mysqlLedger } from "./ledger.ts";
import { migrate } from "./migrate.ts";
import { openMysql } from "./open.ts";

describeLending("MySQL", async () => {
  const url = await freshDatabase();
  await migrate(url);
  const { ledger, lending } = mysqlLedger(url);
  const { ledger: otherLedger, lending: other } = mysqlLedger(url);
  const { kysely, close } = openMysql(url);
  await lending.setUpPartitions(PARTITIONS);
  return {
    ledger,
    lending,
    other,
    queries: kysely,
    async close() {
      await Promise.all([ledger.close(), otherLedger.close(), close()]);
    },
  };
});
