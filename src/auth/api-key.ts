import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { randomText, symbolsOf } from "../keys/random-text.ts";
import type { ApiKey, Role } from "../ledger/ledger.ts";

/** How every key begins, and no token. */
export const API_KEY_BEGIN = "allot_";
const ID_LENGTH = 10;
/** 160 random bits. */
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 7;
const FORMAT = new RegExp(
  `^${API_KEY_BEGIN}([0-9a-z]{${ID_LENGTH}})_[0-9a-z]{${SECRET_LENGTH}}([0-9a-z]{${CHECK_LENGTH}})$`,
);

/** A fresh key: its text, which is shown once, and what is stored of it. */
export function makeApiKey(name: string, role: Role, nowMs: number): { text: string; stored: ApiKey } {
  const id = randomText(ID_LENGTH);
  const body = `${API_KEY_BEGIN}${id}_${randomText(SECRET_LENGTH)}`;
  const text = body + checkOf(body);
  const stored = { id, name, role, hash: hashOf(text), createMs: nowMs, revokeMs: undefined };
  return { text, stored };
}

/** The id and the hash of a key as it was sent; undefined for what was never made, which typing errors are told by. */
export function readApiKey(text: string): { id: string; hash: Buffer } | undefined {
  const [, id, check] = FORMAT.exec(text) ?? [];
  if (id === undefined || check !== checkOf(text.slice(0, -CHECK_LENGTH))) return undefined;
  return { id, hash: hashOf(text) };
}

function hashOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

function checkOf(body: string): string {
  return symbolsOf(crc32(body), CHECK_LENGTH);
}
