import { sql } from "kysely";
import type { Database } from "../sql/database.ts";

export const joined: Database["joined"] = (text, orderedBy) =>
  sql`group_concat(${text}, '' order by ${sql.ref(orderedBy)})`;
