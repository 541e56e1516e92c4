import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import type { WatchCampaignResponse } from "../../src/gen/allot/v1/campaign_pb.js";
import { failureOf } from "../../src/rpc/campaign-service.fixture.ts";
import type { Clients } from "../client.ts";

let watched = 0;

/** WatchCampaign through the public port; `servers` are several of one service, or the same one. */
export function watchesCampaigns(servers: () => Clients[]): void {
  const one = () => servers()[0]!;
  const last = () => servers().at(-1)!;

  async function create(quota: number): Promise<string> {
    const id = `watched-${++watched}`;
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    await one().campaigns.createCampaign({
      campaign: { id, endTime, prizes: [{ quota }], limits: { perUser: 1 } },
    });
    return id;
  }

  /** What comes until one satisfies, at most for the patience of a test. */
  async function until(
    { campaigns }: Clients,
    campaignId: string,
    enough: (seen: WatchCampaignResponse) => boolean,
  ): Promise<WatchCampaignResponse[]> {
    const seen: WatchCampaignResponse[] = [];
    for await (const figures of campaigns.watchCampaign({ campaignId }, { timeoutMs: 15_000 })) {
      seen.push(figures);
      if (enough(figures)) return seen;
    }
    return seen;
  }

  describe("watching", () => {
    test("whichever server is asked, it tells what all have given out and refused", async () => {
      const id = await create(3);
      const watching = servers().map((server) =>
        until(server, id, ({ outcomes, stats }) => outcomes.SOLD_OUT === 4n && stats!.undrained === 0),
      );
      for (const [i, userId] of ["a", "b", "c", "d", "e", "f", "g", "a", "b"].entries()) {
        const server = servers()[i % servers().length]!;
        await server.coupons.issueCoupon({ campaignId: id, userId });
      }
      for (const seen of await Promise.all(watching)) {
        const { stats, outcomes, state } = seen.at(-1)!;
        expect(outcomes).toEqual({ ISSUED: 3n, REPLAYED: 2n, SOLD_OUT: 4n });
        expect(stats).toMatchObject({ issued: 3, remaining: 0 });
        expect(state).toBe(2);
        const times = seen.map(({ time }) => Number(time!.seconds) * 1_000 + time!.nanos / 1e6);
        // One a second at most, but for when in its second each was read.
        expect(times.length - 2).toBeLessThanOrEqual((times.at(-1)! - times[0]!) / 1_000);
      }
    });

    test("tells at once how things are, and ends when the campaign is deleted", async () => {
      const id = await create(3);
      const seen: WatchCampaignResponse[] = [];
      const watching = (async () => {
        for await (const figures of last().campaigns.watchCampaign({ campaignId: id })) seen.push(figures);
      })();
      await expect.poll(() => seen.length).toBe(1);
      await one().campaigns.endCampaign({ campaignId: id });
      await expect.poll(() => seen.length, { timeout: 5_000 }).toBe(2);
      expect(seen[1]!.state).toBe(4);
      await one().campaigns.deleteCampaign({ campaignId: id });
      await watching;
    });

    test("a campaign that there is none of is not found", async () => {
      expect(await failureOf(until(one(), "nowhere", () => true))).toMatchObject({
        reason: "CAMPAIGN_NOT_FOUND",
      });
    });
  });
}
