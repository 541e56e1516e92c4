// Says which packages have a licence that is not allowed, and fails then: `node scripts/licence-check.ts`.
import { existsSync, readFileSync } from "node:fs";
import { refusedLicences } from "./licences.ts";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const refused = refusedLicences(lock, (path) => {
  const file = `${path}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).license : undefined;
});
for (const { name, licence } of refused) console.error(`${name}: ${licence} is not allowed`);
if (refused.length > 0) process.exit(1);
console.log(`licences: ${Object.keys(lock.packages).length - 1} packages, all allowed`);
