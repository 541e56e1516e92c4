import { expect, test } from "vitest";
import { noPrize } from "../../campaign/campaign.ts";
import { addGranted } from "../sql/prizes.ts";
import { create, digest, type Harness, hash16, NOW_MS, prize } from "./harness.ts";

const mechanic = { kind: "instant-win" as const };
const drawSecret = { wrapped: digest("secret"), commitment: digest("commitment"), revealed: false };

let epochs = 900;

/** What draws are checked by. */
export function recordsDraws(harness: Harness): void {
  test("a campaign's record has its revisions, and its entries as they were counted", async () => {
    const { ledger, queries, record } = harness();
    const gold = { ...prize("gold", 5), oddsPpm: 1_000 };
    const campaign = await create(ledger, { mechanic, drawSecret, prizes: [gold] });
    const later = NOW_MS + 1_000;
    const more = { ...gold, quota: 7, oddsPpm: 2_000 };
    await ledger.changeCampaign(campaign.id, 1, { prizes: [more], nowMs: later }, undefined);
    epochs += 1;
    const { first } = campaign.prizes[0]!.ranges[0]!;
    await record(
      [0, 1, 2].map((i) => ({
        partitionNo: 0,
        epoch: epochs,
        n: 1,
        i,
        campaignNo: campaign.no,
        prizeNo: i === 2 ? noPrize : 0,
        revision: 2,
        spaceNo: campaign.space.no,
        serial: i === 2 ? undefined : first + i,
        number: 1,
        drawnNo: i === 2 ? undefined : 0,
        timeMs: NOW_MS,
        userId: `user ${i}`,
        userHash: hash16(`${campaign.id} user ${i}`),
        requestHash: undefined,
        requestFields: undefined,
        addressHash: undefined,
      })),
    );
    await addGranted(queries, { campaignNo: campaign.no, prizeNo: 0 }, "", 2);
    const revocation = { spaceNo: campaign.space.no, serial: first, reason: "by mistake", returnQuota: true };
    await ledger.revoke(revocation, undefined);

    const found = (await ledger.drawRecord(campaign.id))!;
    expect(found.campaign).toEqual(await ledger.campaignByNo(campaign.no));
    expect(
      found.revisions.map(({ revision, createMs, prizes: [one] }) => ({
        revision,
        createMs,
        quota: one!.quota,
        oddsPpm: one!.oddsPpm,
      })),
    ).toEqual([
      { revision: 1, createMs: NOW_MS, quota: 5, oddsPpm: 1_000 },
      { revision: 2, createMs: later, quota: 7, oddsPpm: 2_000 },
    ]);
    expect(found.counts).toEqual([
      { prizeNo: 0, issued: 2, returned: 1, inDoubt: 0 },
      { prizeNo: noPrize, issued: 1, returned: 0, inDoubt: 0 },
    ]);
    expect(found.returned).toEqual(new Set([first]));
    const entries = await ledger.entriesOf(campaign.no, { toMark: found.mark }, undefined, 10);
    expect(entries.map(({ i }) => i)).toEqual([0, 1, 2]);
  });

  test("a campaign that there is not has none", async () => {
    expect(await harness().ledger.drawRecord("nowhere")).toBeUndefined();
  });
}
