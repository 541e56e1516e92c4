import { fromLedger } from "../../export/draws/from-ledger.ts";
import { type WriteFilesOptions, writeFiles } from "../../export/draws/write-files.ts";
import type { Secrets } from "../../keys/secrets.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** Opens the ledger that the settings name, with its keys; it is closed again. */
export type OpenLedger = () => Promise<{ ledger: Ledger; secrets: Secrets }>;

/** A campaign's draws for everybody to check, read from the ledger beside servers that run; returns what to tell about it. */
export async function exportDraws(
  open: OpenLedger,
  campaignId: string,
  options: WriteFilesOptions,
): Promise<string> {
  const { ledger, secrets } = await open();
  try {
    const sha256 = await writeFiles(await fromLedger(ledger, secrets, campaignId), options);
    return `Written to ${options.dir}. SHA-256 of manifest.json: ${sha256}\n`;
  } finally {
    await ledger.close();
  }
}
