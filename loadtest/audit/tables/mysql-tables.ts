import { createConnection } from "mysql2";
import type { Row, Tables } from "./tables.ts";

export const openMysqlTables = (uri: string): Tables => {
  const connection = createConnection({ uri, charset: "utf8mb4_bin", decimalNumbers: true });
  // Who waits for rows is told what is wrong.
  connection.on("error", () => {});
  return {
    each: (statement, values) => connection.query(statement, values).stream() as AsyncIterable<Row>,
    close: () => new Promise((resolve) => connection.end(() => resolve())),
  };
};
