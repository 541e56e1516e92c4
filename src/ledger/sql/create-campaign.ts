import type { CampaignDraft } from "../../campaign/draft.ts";
import type { Created, Mutation } from "../ledger.ts";
import { withParts } from "./campaigns.ts";
import { findOrMakeSpace } from "./code-spaces.ts";
import { attempt, type Database, inserted, type Queries } from "./database.ts";
import { addMutation, setMutationSubject } from "./mutations.ts";
import { insertPrize } from "./prizes.ts";
import { lockSpace, reserveAll } from "./reserve.ts";

export function createCampaign(
  db: Database,
  draft: CampaignDraft,
  mutation: Mutation | undefined,
): Promise<Created> {
  return attempt<Created>(db, async (tx, undo) => {
    // First, so that whoever makes the same mutation at the same time is told so, and not that the id is taken.
    if (mutation && !(await addMutation(db, tx, mutation, { subject: null }, draft.nowMs)))
      return undo({ kind: "repeated" });
    const found = await findOrMakeSpace(tx, draft.format, draft.wrappedKey);
    if ("overlapping" in found) {
      const { prefix, length } = found.overlapping;
      return undo({ kind: "format-overlaps", prefix, length });
    }
    if (!(await insertCampaign(db, tx, draft, found.no))) return undo({ kind: "id-taken" });
    const row = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("id", "=", draft.id)
      .executeTakeFirstOrThrow();
    if (mutation) await setMutationSubject(tx, mutation, String(row.no));
    for (const [no, prize] of draft.prizes.entries()) await insertPrize(tx, row.no, no, prize);
    const space = await lockSpace(tx, found.no, draft.allowGuessable);
    const wants = draft.prizes.map(({ quota }, prizeNo) => ({ campaignNo: row.no, prizeNo, size: quota }));
    const room = await reserveAll(tx, space, wants);
    if (room !== undefined) return undo({ kind: "no-room", room });
    const [campaign] = await withParts(tx, [row]);
    return { kind: "created", campaign: campaign! };
  });
}

function insertCampaign(db: Database, tx: Queries, draft: CampaignDraft, spaceNo: number): Promise<boolean> {
  return inserted(
    db,
    tx.insertInto("campaign").values({
      id: draft.id,
      revision: 1,
      name: draft.name,
      start_ms: draft.startMs,
      end_ms: draft.endMs,
      time_zone: draft.timeZone,
      mechanic: draft.mechanic,
      per_user: draft.limits.perUser,
      per_user_per_day: draft.limits.perUserPerDay,
      per_address: draft.limits.perAddress,
      space_no: spaceNo,
      allow_guessable: draft.allowGuessable ? 1 : 0,
      partitions: draft.partitions,
      paused: 0,
      ended_ms: null,
      deleted_ms: null,
      retired: 0,
      // No store knows an earlier revision, so there is nothing to push.
      pushed_revision: 1,
      create_ms: draft.nowMs,
      update_ms: draft.nowMs,
    }),
  );
}
