import { type Command, InvalidArgumentError, Option } from "commander";
import { makeApiKey } from "../auth/api-key.ts";
import { ROLES } from "../auth/roles.ts";
import type { ApiKey, Ledger, Role } from "../ledger/ledger.ts";
import { type RewrapDeps, registerRewrap } from "./rewrap.ts";
import { table, timeOf } from "./table.ts";

const MAX_NAME = 200;

export interface KeysCommandDeps {
  /** Opens the ledger that the settings name; it is closed again. */
  openLedger(): Promise<Ledger>;
  masterKeys: RewrapDeps["masterKeys"];
  /** Where the results go, and what people should read beside them. */
  output?: NodeJS.WritableStream;
  notes?: NodeJS.WritableStream;
}

/** `allot keys create | list | revoke | rewrap`. */
export function registerKeysCommand(
  program: Command,
  { openLedger, masterKeys, output = process.stdout, notes = process.stderr }: KeysCommandDeps,
): void {
  const keys = program
    .command("keys")
    .description("Make, list and revoke API keys, and change the master key");

  async function withLedger<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    const ledger = await openLedger();
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  }

  keys
    .command("create")
    .description("Make an API key and show it, once: only a hash of it is kept")
    .requiredOption("--name <name>", "what it is for", readName)
    .addOption(
      new Option("--role <role>", "what it may do: a manager everything")
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .action(async ({ name, role }: { name: string; role: Role }) => {
      const { text, stored } = makeApiKey(name, role, Date.now());
      await withLedger((ledger) => ledger.addApiKey(stored));
      notes.write(`API key ${stored.id} (${role}, ${name}). It is not shown again:\n`);
      output.write(`${text}\n`);
      notes.write(`Send it with every call, as the header  Authorization: Bearer ${text}\n`);
    });

  keys
    .command("list")
    .description("List all API keys, revoked ones too")
    .action(async () => {
      const all = await withLedger((ledger) => ledger.apiKeys());
      output.write(tableOf(all));
    });

  keys
    .command("revoke")
    .description("Revoke an API key; servers refuse it within 5 seconds")
    .argument("<id>", "as in `keys list`: what stands between the underscores of the key")
    .action(async (id: string) => {
      const revoked = await withLedger((ledger) => ledger.revokeApiKey(id, Date.now()));
      if (!revoked) keys.error(`There is no API key ${id}.`);
      output.write(`API key ${id} is revoked.\n`);
    });

  registerRewrap(keys, { openLedger, masterKeys, output });
}

function readName(name: string): string {
  if (name === "" || name.length > MAX_NAME || /\p{Cc}/u.test(name)) {
    throw new InvalidArgumentError(`It must be 1 to ${MAX_NAME} characters without line breaks.`);
  }
  return name;
}

function tableOf(keys: ApiKey[]): string {
  const rows = keys.map(({ id, role, createMs, revokeMs, name }) => [
    id,
    role,
    timeOf(createMs),
    revokeMs === undefined ? "" : timeOf(revokeMs),
    name,
  ]);
  return table([["ID", "ROLE", "CREATED", "REVOKED", "NAME"], ...rows]);
}
