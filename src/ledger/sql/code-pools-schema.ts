import type { Generated } from "kysely";

/** The tables of migrations/0010-code-pools.sql. */
export interface CodePoolTables {
  code_batch: CodeBatchTable;
  code_upload: CodeUploadTable;
  code_chunk: CodeChunkTable;
  imported_code: { serial: number; upload_no: number; length: number; code: string };
  deleted_code: { space_no: number; serial: number; campaign_no: number; delete_ms: number | null };
}

export interface CodeBatchTable {
  space_no: number;
  first: number;
  size: number;
  made: number;
  campaign_no: number;
  create_ms: number;
}

export interface CodeUploadTable {
  no: Generated<number>;
  campaign_no: number;
  upload_id: string;
  imported: number | null;
  update_ms: number;
}

export interface CodeChunkTable {
  upload_no: number;
  chunk: number;
  first: number;
  size: number;
  digest: Uint8Array;
  suspects: number;
  seen: number;
}
