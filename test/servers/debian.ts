import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { which } from "./binary.ts";

/**
 * Makes sure of something that Debian packages bring: installs them where it is missing and this run may (as root, or with a sudo that
 * asks nothing), and else throws the one line to type.
 */
export function ensureDebian(packages: string[], isThere: () => boolean): void {
  if (isThere()) return;
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const line = `sudo apt-get update && sudo ${install}`;
  const asRoot = rootPrefix();
  if (!which("apt-get") || !asRoot)
    throw new Error(`${packages.join(" and ")} is not installed. Type: ${line}`);
  process.stdout.write(`Installing what the tests need: ${line}\n`);
  for (const command of ["apt-get update -qq", `${install} -qq`]) {
    // One at a time, also where several test files find something missing.
    const [program, ...args] = [...asRoot, "flock", join(tmpdir(), "allot-apt.lock"), ...command.split(" ")];
    const { status } = spawnSync(program!, args, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`apt-get failed. Type: ${line}`);
  }
  if (!isThere()) throw new Error(`${packages.join(" and ")} did not bring what was expected of it.`);
}

/** The words to put before a command so that it runs as root unattended; undefined where that can't be. */
function rootPrefix(): string[] | undefined {
  const settings = ["env", "DEBIAN_FRONTEND=noninteractive"];
  if (process.getuid?.() === 0) return settings;
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n", ...settings] : undefined;
}
