import { spawnSync } from "node:child_process";
import { INSTALL_LINE, MissingBinary, mysqlBinary, redisBinary, which } from "./binary.ts";

/**
 * Makes sure that there are servers to test against: installs Debian's packages where they are missing and it may (as root,
 * or with a sudo that asks nothing), and else throws the one line to type.
 */
export function ensureServers(): void {
  const missing = whatIsMissing();
  if (!missing) return;
  const asRoot = rootPrefix();
  if (!which("apt-get") || !asRoot) throw missing;
  process.stdout.write(`Installing what the tests need: ${INSTALL_LINE}\n`);
  apt([...asRoot, "apt-get", "update", "-qq"]);
  apt([
    ...asRoot,
    "apt-get",
    "install",
    "-qq",
    "-y",
    "--no-install-recommends",
    "redis-server",
    "mariadb-server",
  ]);
  const still = whatIsMissing();
  if (still) throw still;
}

function whatIsMissing(): MissingBinary | undefined {
  try {
    redisBinary();
    mysqlBinary();
  } catch (error) {
    if (error instanceof MissingBinary) return error;
    throw error;
  }
}

/** The words to put before a command so that it runs as root unattended; undefined where that can't be. */
function rootPrefix(): string[] | undefined {
  const settings = ["env", "DEBIAN_FRONTEND=noninteractive"];
  if (process.getuid?.() === 0) return settings;
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n", ...settings] : undefined;
}

function apt([command, ...args]: string[]): void {
  const run = spawnSync(command!, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (run.status !== 0) throw new MissingBinary(`apt-get failed. Type: ${INSTALL_LINE}`);
}
