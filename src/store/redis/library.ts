import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

const files = ["prelude", "pool", "column", "group", "take", "stock", "bans", "release", "arm", "trim"];

/** The Function library's source: its files in order, stamped with a digest by which a loaded one is recognised. */
export function librarySource(): { source: string; version: string } {
  const body = files
    .map((name) => readFileSync(new URL(`functions/${name}.lua`, import.meta.url), "utf8"))
    .join("\n");
  const version = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return { source: `#!lua name=allot\n-- version ${version}\n${body}`, version };
}

export type LibraryState = "missing" | "current" | "other";

export async function libraryState(redis: Redis): Promise<LibraryState> {
  const found = (await redis.call("FUNCTION", "LIST", "LIBRARYNAME", "allot", "WITHCODE")) as unknown[];
  if (found.length === 0) return "missing";
  return JSON.stringify(found).includes(`-- version ${librarySource().version}`) ? "current" : "other";
}

/** Loads the library where there is none. Nothing is armed in a process without it, so nothing is lost. */
export async function loadLibrary(redis: Redis): Promise<void> {
  try {
    await redis.call("FUNCTION", "LOAD", librarySource().source);
  } catch (error) {
    // Another server was first.
    if (!String(error).includes("already exists")) throw error;
  }
}

/** Replaces the library: its locals are lost, so every partition is armed anew. Only `allot migrate` does this. */
export async function replaceLibrary(redis: Redis): Promise<void> {
  await redis.call("FUNCTION", "LOAD", "REPLACE", librarySource().source);
}
