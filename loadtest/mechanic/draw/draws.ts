import { setTimeout as sleep } from "node:timers/promises";
import type { Listed } from "../../audit/ledger-rows.ts";
import { monotonicMs } from "../../clock.ts";
import { unnamed } from "../../scenario/crowd.ts";
import type { Clients } from "../../target/clients.ts";
import type { Mechanic } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { askForDraw, keyOf } from "./draw.ts";
import { judgeDraws } from "./judge-draws.ts";
import { judgeSecret } from "./judge-secret.ts";

const revealPatienceMs = 60_000;
const pollMs = 250;

/** Instant win. */
export const draws: Mechanic = {
  thing: "draw",
  things: "draws",
  ask: ({ campaignId, userId, requestId, address, detail }) =>
    askForDraw({ campaignId, userId, address, ...(detail !== unnamed && { requestId }) }),
  isRepeatable: (detail) => detail !== unnamed,
  campaign: (quota) => ({
    mechanic: { case: "instantWin", value: {} },
    prizes: [
      { id: "rare", name: "Runs out", oddsPpm: 100_000, quota },
      { id: "daily", name: "So many a day", oddsPpm: 150_000, quota: 10 * quota, dailyQuota: quota },
      { id: "common", name: "Plenty", oddsPpm: 300_000 },
      { id: "small", name: "Plenty, but rare", oddsPpm: 50_000 },
    ],
  }),
  open: ({ clients, campaign }) => ({
    afterwards: async () => {
      await clients.campaigns.endCampaign({ campaignId: campaign.id });
      await revealed(clients, campaign.id);
    },
    listed: () => listedDraws(clients, campaign.id),
    judge: judgeDraws,
    judgeTables: judgeSecret,
  }),
};

/** Waits for the secret, which is shown when nothing is drawn any more; what is missing then is for the audit to say. */
export const revealed = async ({ campaigns }: Clients, campaignId: string): Promise<void> => {
  const endMs = monotonicMs() + revealPatienceMs;
  while (monotonicMs() < endMs) {
    const { campaign } = await campaigns.getCampaign({ campaignId });
    if (campaign && campaign.revealedSecret.length > 0) return;
    await sleep(pollMs);
  }
};

async function* listedDraws({ draws: client }: Clients, campaignId: string): AsyncGenerator<Listed> {
  for await (const page of pages((pageToken) => client.listDraws({ campaignId, pageSize, pageToken })))
    for (const draw of page.draws) {
      const { userId, prizeId, drawTime: time } = draw;
      yield { key: keyOf(draw), userId, prizeId, campaignId: draw.campaignId, time };
    }
}
