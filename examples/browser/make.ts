import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Campaign, CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";

const dayMs = 86_400_000;

/** A campaign of so many of one thing, one for each person, for a day. */
export function campaignOf(mechanic: string, name: string, quota: number): Campaign {
  const prize = { name, quota };
  const common = {
    name,
    endTime: timestampFromMs(Date.now() + dayMs),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  switch (mechanic) {
    case "instantWin":
      return create(CampaignSchema, {
        ...common,
        mechanic: { case: mechanic, value: {} },
        prizes: [{ ...prize, oddsPpm: 333_333 }],
      });
    case "raffle":
      return create(CampaignSchema, {
        ...common,
        mechanic: { case: mechanic, value: { tickets: quota * 10, autoDraw: true } },
        prizes: [prize],
      });
    case "lottery":
      return create(CampaignSchema, { ...common, mechanic: { case: mechanic, value: {} }, prizes: [prize] });
    default:
      return create(CampaignSchema, { ...common, prizes: [prize], limits: { perUser: 1 } });
  }
}
