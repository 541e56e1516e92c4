import type { TypeCast } from "mysql2";

/**
 * VARBINARY columns hold ids, codes and texts and come back as UTF-8 strings; BINARY and BLOB columns hold hashes and keys and stay
 * Buffers.
 */
export const typeCast: TypeCast = (field, next) =>
  field.type === "VAR_STRING" ? field.string("utf8") : next();
