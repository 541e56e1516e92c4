import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { MasterKeys } from "../keys/master-keys.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Servers look every second which master key wraps (flows/master-key-change.ts), and a call takes some seconds at the most. */
const noticedMs = 5_000;

export interface RewrapDeps {
  /** Opens the ledger that the settings name; it is closed again. */
  openLedger(): Promise<Ledger>;
  /** The new master key and the old one. */
  masterKeys(): MasterKeys;
  output: NodeJS.WritableStream;
  waitMs?: number;
}

/** `allot keys rewrap`. */
export function registerRewrap(
  keys: Command,
  { openLedger, masterKeys, output, waitMs = noticedMs }: RewrapDeps,
): void {
  keys
    .command("rewrap")
    .description(
      "Wrap every key in the ledger by ALLOT_MASTER_KEY instead of ALLOT_MASTER_KEY_OLD, once all servers have both (docs/security.md)",
    )
    .action(async () => {
      const both = masterKeys();
      const ledger = await openLedger();
      try {
        // First the fingerprint: from when servers have noticed on, nothing more is wrapped by the old one.
        await both.takeOver(ledger);
        await delay(waitMs);
        const { rewrapped, damaged } = await both.rewrap(ledger);
        output.write(
          `${rewrapped} keys were wrapped by the old master key and are wrapped by the new one now.\n`,
        );
        if (damaged > 0)
          keys.error(`${damaged} keys can't be unwrapped by either: they were damaged before.`);
      } finally {
        await ledger.close();
      }
    });
}
