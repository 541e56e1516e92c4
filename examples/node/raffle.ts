// Claims every ticket of a raffle at a running server (`npm start`) and draws the winner: npx node examples/node/raffle.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { RaffleService } from "../../src/gen/allot/v1/raffle_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const raffles = createClient(RaffleService, transport);

const { campaign } = await createClient(CampaignService, transport).createCampaign({
  campaign: {
    endTime: timestampFromMs(Date.now() + 3_600_000),
    mechanic: { case: "raffle", value: { tickets: 3 } },
    prizes: [{ id: "car", quota: 1 }],
  },
});
const campaignId = campaign!.id;

const codes = new Map<number, string>();
for (const userId of ["ada", "grace", "linus"]) {
  const { outcome } = await raffles.claimTicket({ campaignId, userId });
  if (outcome.case !== "ticket") throw new Error(`refused: ${outcome.value?.reason}`);
  const { number, code } = outcome.value;
  codes.set(number, code);
  console.log(`${userId} has ticket ${number}, code ${code}`);
}

await raffles.drawWinners({ campaignId });
const { winners } = await raffles.listWinners({ campaignId });
for (const { ticketNumber, prizeId } of winners) {
  // Whoever shows up with the number and its code gets the prize.
  const { ticket } = await raffles.verifyTicket({
    campaignId,
    number: ticketNumber,
    code: codes.get(ticketNumber)!,
  });
  console.log(`ticket ${ticketNumber} won the ${prizeId}, and is ${ticket!.userId}'s`);
}
