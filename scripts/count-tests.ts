// Prints "PASSED FAILED" of a run from vitest's JSON report, and on stderr what was skipped.
//
//   node scripts/count-tests.ts REPORT
import { readFileSync } from "node:fs";

interface Report {
  testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
}

const { testResults } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Report;
let passed = 0;
let failed = 0;
for (const { name, status, assertionResults } of testResults) {
  const having = (wanted: string) => assertionResults.filter((test) => test.status === wanted);
  passed += having("passed").length;
  // A file that could not be loaded or set up has failed without a failed test.
  failed += having("failed").length || (status === "failed" ? 1 : 0);
  for (const test of assertionResults) {
    if (test.status !== "passed" && test.status !== "failed")
      console.error(`${test.status}: ${name}: ${test.fullName}`);
  }
}
console.log(passed, failed);
