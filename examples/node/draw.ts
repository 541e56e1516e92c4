// Draws for a few users at a running server (`npm start`), each of them twice: npx node examples/node/draw.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { DrawService } from "../../src/gen/allot/v1/draw_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const draws = createClient(DrawService, transport);

const { campaign } = await createClient(CampaignService, transport).createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 3_600_000),
    mechanic: { case: "instantWin", value: {} },
    prizes: [
      { id: "mug", quota: 1, oddsPpm: 300_000 },
      { id: "sticker", oddsPpm: 500_000 },
    ],
  },
});

for (const userId of ["ada", "ada", "grace", "grace", "linus", "linus"]) {
  const { outcome, replayed } = await draws.draw({ campaignId: campaign!.id, userId });
  if (outcome.case !== "draw") throw new Error(`refused: ${outcome.value?.reason}`);
  const { prizeId, coupon } = outcome.value;
  const won = coupon ? `${prizeId} ${coupon.code}` : "no prize";
  // The second time it is the same draw: asking again never rolls again.
  console.log(`${userId}: ${won}${replayed ? " (as before)" : ""}`);
}
