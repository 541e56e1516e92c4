import { readFileSync } from "node:fs";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Command } from "commander";
import { reasonOf } from "../rpc/errors.ts";

/** Of a command that asks a running server by its public port, embedded or not, near or far. */
export interface Remote {
  server: string;
}

/** Adds the option that says which server to ask. */
export function askingServer(command: Command, env: NodeJS.ProcessEnv = process.env): Command {
  return command
    .option("--server <url>", "the server to ask", `http://127.0.0.1:${env.PORT || "8080"}`)
    .addHelpText(
      "after",
      "\nA server that wants to know who is asking gets the key in ALLOT_API_KEY (or in the file that ALLOT_API_KEY_FILE names).",
    );
}

export function transportTo({ server }: Remote, env: NodeJS.ProcessEnv = process.env): Transport {
  const key =
    env.ALLOT_API_KEY || (env.ALLOT_API_KEY_FILE && readFileSync(env.ALLOT_API_KEY_FILE, "utf8").trim());
  return createConnectTransport({
    baseUrl: server,
    httpVersion: "1.1",
    interceptors: [
      (next) => (request) => {
        if (key) request.header.set("Authorization", `Bearer ${key}`);
        return next(request);
      },
    ],
  });
}

const patienceMs = 30_000;
const pauseMs = 500;

/** Asks again while the answer is that it may come later; what is asked must bear repeating. */
export async function persist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const giveUpMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const mayCome =
        error.code === Code.Unavailable ||
        error.code === Code.DeadlineExceeded ||
        reasonOf(error) === "RATE_LIMITED";
      if (!mayCome || performance.now() > giveUpMs) throw new Error(error.rawMessage, { cause: thrown });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
