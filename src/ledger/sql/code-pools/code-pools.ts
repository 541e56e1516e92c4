import type { CodePools } from "../../code-pools.ts";
import type { Database } from "../database.ts";
import { poolOf } from "./batches.ts";
import { deleteCode } from "./delete-code.ts";
import { codesBySerial } from "./fates.ts";
import { importCodes } from "./import-codes.ts";
import { dropUploads, importedCode, importedCodes } from "./imported-codes.ts";
import { listCodes } from "./list-codes.ts";
import { beginCodes, makeCodes } from "./make-codes.ts";
import { stageCodes } from "./stage-codes.ts";

export function codePoolsOf(db: Database): CodePools {
  const { kysely } = db;
  return {
    beginCodes: (campaignId, count, nowMs, mutation) => beginCodes(db, campaignId, count, nowMs, mutation),
    makeCodes: (batch, max, nowMs) => makeCodes(db, batch, max, nowMs),
    stageCodes: (chunk) => stageCodes(db, chunk),
    importCodes: (upload) => importCodes(db, upload),
    dropUploads: (sinceMs, limit) => dropUploads(db, sinceMs, limit),
    importedCodes: (first, size) => importedCodes(kysely, first, size),
    importedCode: (code) => importedCode(kysely, code),
    poolOf: (code) => poolOf(kysely, code),
    poolCodesBySerial: (campaignNo, serials) => codesBySerial(kysely, campaignNo, serials),
    poolCodes: (campaignNo, states, after, limit) => listCodes(db, campaignNo, states, after, limit),
    deleteCode: (code, nowMs, mutation) => deleteCode(db, code, nowMs, mutation),
  };
}
