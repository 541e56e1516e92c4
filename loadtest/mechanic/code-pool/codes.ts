import { type PoolCode, PoolCode_State as State } from "../../../src/gen/allot/v1/code_pool_pb.js";
import { unnamed } from "../../scenario/crowd.ts";
import type { Mechanic, Stage } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { assignCode } from "./assign-code.ts";
import { Deleter } from "./deleter.ts";
import { judgePool } from "./judge-pool.ts";

/** A pool of codes that are made ahead. */
export const codes: Mechanic = {
  thing: "code",
  things: "codes",
  ask: ({ campaignId, userId, requestId, address, detail }) =>
    assignCode({ campaignId, userId, address, ...(detail !== unnamed && { requestId }) }),
  campaign: () => ({ mechanic: { case: "codePool", value: {} } }),
  async open(stage) {
    const deleter = new Deleter(stage);
    const pool: PoolCode[] = [];
    const generated = await generate(stage);
    return {
      meanwhile: (over, pause) => deleter.run(over, pause),
      async *listed() {
        const prizeId = stage.campaign.prizes[0]?.id ?? "";
        for await (const code of poolCodes(stage)) {
          pool.push(code);
          const { code: key, campaignId, userId, assignTime: time, state } = code;
          if (state === State.ASSIGNED) yield { key, campaignId, userId, prizeId, time };
        }
      },
      judge: (of) => judgePool(of, { generated, pool, deletions: deleter.deletions }),
    };
  },
};

/** To how many there are then. */
const generate = async ({ clients, campaign, quota }: Stage): Promise<number> => {
  let generated = 0;
  const request = { campaignId: campaign.id, count: quota, requestId: `generate-${campaign.id}` };
  for await (const progress of clients.codePools.generateCodes(request)) generated = progress.generated;
  return generated;
};

async function* poolCodes({ clients, campaign }: Stage): AsyncGenerator<PoolCode> {
  const list = (pageToken: string) =>
    clients.codePools.listCodes({ campaignId: campaign.id, pageSize, pageToken });
  for await (const page of pages(list)) yield* page.codes;
}
