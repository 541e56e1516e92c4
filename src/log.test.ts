import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createLogger, type Logger } from "./log.ts";

function written(level: string, write: (log: Logger) => void, terminal = false): string {
  const output = Object.assign(new PassThrough(), { isTTY: terminal });
  write(createLogger(level, output));
  return String(output.read() ?? "");
}

const mysqlError = Object.assign(new Error("Access denied at mysql://root:hunter2@db/allot"), {
  code: "ER_ACCESS_DENIED",
  sql: "insert into entries values ('user-17')",
});

test("JSON by the line, with the time and the level's name", () => {
  const line = JSON.parse(written("info", (log) => log.info({ port: 8080 }, "serving")));
  expect(line).toMatchObject({ level: "info", port: 8080, msg: "serving" });
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test("for people on a terminal", () => {
  const line = written("info", (log) => log.info({ port: 8080 }, "serving"), true);
  expect(line).toContain("serving");
  expect(() => JSON.parse(line)).toThrow();
});

test("below its level nothing is written", () => {
  expect(written("warn", (log) => log.info("serving"))).toBe("");
});

test("passwords are left out of URLs wherever they stand", () => {
  const line = written("trace", (log) => {
    log.error(
      { err: mysqlError, url: "rediss://user:hunter2@host:6379" },
      "can't reach redis://:hunter2@host",
    );
  });
  expect(line).not.toContain("hunter2");
  expect(line).toContain("mysql://[hidden]@db/allot");
  expect(line).toContain("rediss://[hidden]@host:6379");
  expect(JSON.parse(line).err).toMatchObject({ type: "Error", code: "ER_ACCESS_DENIED" });
});

test.each([false, true])("secrets are left out (terminal: %s)", (terminal) => {
  const config = { redisUrl: "hunter2", masterKey: Buffer.from("hunter2"), port: 1 };
  const line = written(
    "trace",
    (log) => log.info({ config, token: "hunter2", headers: { authorization: "hunter2" } }),
    terminal,
  );
  expect(line).not.toContain("hunter2");
  expect(line).not.toContain(Buffer.from("hunter2").join());
});

test("statements and who somebody is stay out at info, the latter is there for debugging", () => {
  const write = (log: Logger) =>
    log.error({ err: mysqlError, userId: "user-17", request: { user_id: "user-17" } }, "failed");
  expect(written("info", write)).not.toContain("user-17");
  const debugging = JSON.parse(written("debug", write));
  expect(debugging).toMatchObject({ userId: "user-17", request: { user_id: "user-17" } });
  expect(JSON.stringify(debugging.err)).not.toContain("user-17");
});

test.each([
  "Duplicate entry 'user-17' for key 'by_user'",
  "Duplicate entry 'it's user-17\\nand more-3' for key 'entry.PRIMARY'",
  "Incorrect string value: 'user-17' for column `allot`.`entry`.`user_id` at row 1",
  "Truncated incorrect DOUBLE value: 'user-17'",
])("nor does a message of MySQL's say a value: %s", (message) => {
  const line = written("trace", (log) => log.error({ err: new Error(message) }, "failed"));
  expect(line).not.toContain("user-17");
  expect(JSON.parse(line).err.message).toMatch(
    /^(Duplicate entry|Incorrect string value:|Truncated incorrect DOUBLE value:) \[hidden\]/,
  );
});
