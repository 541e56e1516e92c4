import { sql } from "kysely";
import type { Database } from "../sql/database.ts";

export const joined: Database["joined"] = (text) => sql`group_concat(${text}, '')`;
