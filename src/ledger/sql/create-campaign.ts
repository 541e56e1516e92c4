import { ticketsNo } from "../../campaign/campaign.ts";
import type { CampaignDraft } from "../../campaign/draft.ts";
import type { PrizeDraft } from "../../campaign/prize-draft.ts";
import type { Created, Mutation } from "../ledger.ts";
import { buffer } from "./bytes.ts";
import { couponExpiryColumns, withParts } from "./campaigns.ts";
import { findOrMakeSpace } from "./code-spaces.ts";
import { attempt, type Database, inserted, type Queries } from "./database.ts";
import { addMutation, setMutationSubject } from "./mutations.ts";
import { insertPrize } from "./prizes.ts";
import { lockSpace, reserveAll } from "./reserve.ts";
import { keepRevision } from "./revisions.ts";

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
    if ("imported" in found) return undo({ kind: "code-imported", code: found.imported });
    if (!(await insertCampaign(db, tx, draft, found.no))) return undo({ kind: "id-taken" });
    const row = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("id", "=", draft.id)
      .executeTakeFirstOrThrow();
    if (mutation) await setMutationSubject(tx, mutation, String(row.no));
    for (const [no, prize] of draft.prizes.entries()) await insertPrize(tx, row.no, no, prize);
    if (draft.mechanic.kind === "raffle") await insertPrize(tx, row.no, ticketsNo, ticketsOf(draft.mechanic));
    const space = await lockSpace(tx, found.no, draft.allowGuessable);
    const wants = stocked(draft).map(({ no, quota }) => ({ campaignNo: row.no, prizeNo: no, size: quota }));
    const room = await reserveAll(tx, space, wants);
    if (room !== undefined) return undo({ kind: "no-room", room });
    const [campaign] = await withParts(tx, [row]);
    await keepRevision(tx, campaign!);
    return { kind: "created", campaign: campaign! };
  });
}

/** What serials are reserved for: a raffle's tickets instead of its prizes, and nothing for a lottery. */
function stocked({ mechanic, prizes }: CampaignDraft): { no: number; quota: number | undefined }[] {
  if (mechanic.kind === "raffle") return [{ no: ticketsNo, quota: mechanic.tickets }];
  return mechanic.kind === "lottery" ? [] : prizes.map(({ quota }, no) => ({ no, quota }));
}

function ticketsOf({ tickets }: { tickets: number }): PrizeDraft {
  const none = { name: "", dailyQuota: undefined, oddsPpm: 0, attributes: {} };
  return { id: "tickets", quota: tickets, ...none };
}

function insertCampaign(db: Database, tx: Queries, draft: CampaignDraft, spaceNo: number): Promise<boolean> {
  const { kind, ...settings } = draft.mechanic;
  const { drawSecret } = draft;
  return inserted(
    db,
    tx.insertInto("campaign").values({
      id: draft.id,
      revision: 1,
      name: draft.name,
      start_ms: draft.startMs,
      end_ms: draft.endMs,
      time_zone: draft.timeZone,
      mechanic: kind,
      mechanic_settings: JSON.stringify(settings),
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
      require_registration: draft.requireRegistration ? 1 : 0,
      ...couponExpiryColumns(draft.couponExpiry),
      draw_secret: drawSecret ? buffer(drawSecret.wrapped) : null,
      draw_commitment: drawSecret ? buffer(drawSecret.commitment) : null,
      draw_revealed: 0,
    }),
  );
}
