import { type Logger, pino } from "pino";
import { default as pretty } from "pino-pretty";

export type { Logger } from "pino";

const secrets = [
  "masterKey",
  "redisUrl",
  "mysqlUrl",
  "password",
  "token",
  "apiKey",
  "authorization",
  "secret",
];
const people = ["userId", "user_id", "phone", "phoneNumber", "phone_number"];

/** user:password in a URL, wherever in a line it stands: drivers put them into their errors. */
const credentials = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]*:[^\s/"'\\]*@/gi;

/**
 * Lines for people on a terminal, JSON for everything else.
 *
 * Secrets are never written, at no level and in no message; who somebody is only at debug and trace.
 */
export function createLogger(level: string, output: NodeJS.WritableStream = process.stdout): Logger {
  const forPeople = "isTTY" in output && output.isTTY === true;
  const hidden = ["debug", "trace"].includes(level) ? secrets : [...secrets, ...people];
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[hidden]" },
      hooks: { streamWrite: (line) => line.replace(credentials, "$1[hidden]@") },
    },
    forPeople ? pretty({ destination: output, translateTime: "SYS:HH:MM:ss.l", singleLine: true }) : output,
  );
}

/** A value in a message of MySQL's: Duplicate entry '…' for key …, Incorrect string value: '…' for column …, Truncated incorrect … value: '…'. */
const quotedValue = /\b(Duplicate entry|\w+ value:) '.*?'(?= for (?:key|column)\b|\n|$)/gs;

/** Drivers hang statements and arguments on their errors, and with them who somebody is; MySQL says values in its messages. */
function describeError(error: Error) {
  const { type, message, stack, code } = pino.stdSerializers.err(error);
  const hide = (text: string) => text.replace(quotedValue, "$1 [hidden]");
  return { type, message: hide(message), stack: hide(stack), code };
}
