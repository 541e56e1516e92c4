// Puts ballots into today's round at a running server (`npm start`) and looks at it: npx node examples/node/lottery.ts [URL]
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { LotteryService, Round_State } from "../../src/gen/allot/v1/lottery_pb.js";

const dayMs = 86_400_000;
const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const lotteries = createClient(LotteryService, transport);

const { campaign } = await createClient(CampaignService, transport).createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 7 * dayMs),
    timeZone: "Asia/Seoul",
    mechanic: { case: "lottery", value: {} },
    prizes: [{ id: "cake", quota: 1 }],
    limits: { perUserPerDay: 2 },
  },
});
const campaignId = campaign!.id;

for (const requestId of ["1", "2", "3"]) {
  const { outcome } = await lotteries.submitBallot({ campaignId, userId: "ada", requestId });
  if (outcome.case === "ballot") console.log(`ballot ${outcome.value.number}: ${outcome.value.id}`);
  else console.log("not any more today");
}

const { round } = await lotteries.getRound({ campaignId });
const closes = timestampDate(round!.endTime!).toISOString();
console.log(`the round of ${round!.date} is ${Round_State[round!.state]} and draws its winner at ${closes}`);
