import type { TestProject } from "vitest/node";
import { startMysql } from "./mysql.ts";

declare module "vitest" {
  interface ProvidedContext {
    mysqlUrl: string;
  }
}

/** Vitest's global set-up of the files that need a database server: one for all of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMysql();
  project.provide("mysqlUrl", server.url);
  return () => server.stop();
}
