import { writeFile } from "node:fs/promises";
import { toHtml } from "./html/page.ts";
import type { Report } from "./report.ts";

/** Writes the report to the files that were asked for. */
export const writeReports = async (
  report: Report,
  files: { json: string | undefined; html: string | undefined },
): Promise<void> => {
  if (files.json !== undefined) await writeFile(files.json, `${JSON.stringify(report, null, 2)}\n`);
  if (files.html !== undefined) await writeFile(files.html, toHtml(report));
};
