import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { which } from "../servers/binary.ts";
import { ensureDebian } from "../servers/debian.ts";

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless Chromium without a past: the program that CHROMIUM names, or Debian's, installed where it is missing and that may be. */
export async function startChromium(): Promise<{ context: BrowserContext; stop(): Promise<void> }> {
  const executablePath = process.env.CHROMIUM || debianChromium();
  const profile = await mkdtemp(join(tmpdir(), "allot-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args,
    locale: "en-GB",
    timezoneId: "Asia/Seoul",
    viewport: { width: 900, height: 700 },
  });
  return {
    context,
    async stop() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function debianChromium(): string {
  ensureDebian(["chromium"], () => which("chromium") !== undefined);
  return which("chromium")!;
}
