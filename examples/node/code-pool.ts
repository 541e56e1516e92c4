// Makes codes ahead at a running server (`npm start`), brings others along, and assigns both: npx node examples/node/code-pool.ts [URL]
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignService } from "../../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService, PoolCode_State } from "../../src/gen/allot/v1/code_pool_pb.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
const campaigns = createClient(CampaignService, transport);
const pools = createClient(CodePoolService, transport);

async function poolOf(imported: boolean): Promise<string> {
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  const { campaign } = await campaigns.createCampaign({
    campaign: { endTime, mechanic: { case: "codePool", value: { imported } } },
  });
  return campaign!.id;
}

async function assign(campaignId: string, userId: string): Promise<string> {
  const { outcome } = await pools.assignCode({ campaignId, userId });
  if (outcome.case !== "coupon") throw new Error(`refused: ${outcome.value?.reason}`);
  return outcome.value.code;
}

const made = await poolOf(false);
for await (const { generated, count } of pools.generateCodes({
  campaignId: made,
  count: 250_000,
  requestId: crypto.randomUUID(),
})) {
  console.log(`made ${generated} of ${count}`);
}
console.log("ada:", await assign(made, "ada"));

const brought = await poolOf(true);
const codes = ["SUMMER-1", "SUMMER-2", "SUMMER-3"];
const upload = { campaignId: brought, uploadId: crypto.randomUUID() };
const { imported } = await pools.importCodes({ ...upload, chunk: 0, codes, chunks: 1 });
console.log(`brought ${imported}`);
console.log("ada:", await assign(brought, "ada"));

const free = await pools.listCodes({ campaignId: brought, states: [PoolCode_State.FREE] });
console.log("free:", free.codes.map(({ code }) => code).join(" "));
