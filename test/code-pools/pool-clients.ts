import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  type AssignCodeResponse,
  CodePoolService,
  type ImportCodesResponse,
  type PoolCode,
  type PoolCode_State as State,
} from "../../src/gen/allot/v1/code_pool_pb.js";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../src/rpc/errors.ts";
import { clientsOf } from "../client.ts";

/** Clients of a server, and what tests of pools do again and again. */
export function poolClientsOf(url: string) {
  const clients = clientsOf(url);
  const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
  const pools = createClient(CodePoolService, transport);
  return {
    ...clients,
    pools,
    url,

    async create(id: string, campaign: object = {}): Promise<string> {
      const endTime = timestampFromMs(Date.now() + 3_600_000);
      const mechanic = { case: "codePool" as const, value: {} };
      await clients.campaigns.createCampaign({ campaign: { id, endTime, mechanic, ...campaign } });
      return id;
    },

    async createImported(id: string): Promise<string> {
      const endTime = timestampFromMs(Date.now() + 3_600_000);
      const mechanic = { case: "codePool" as const, value: { imported: true } };
      await clients.campaigns.createCampaign({ campaign: { id, endTime, mechanic } });
      return id;
    },

    /** What the stream told, in order. */
    async generate(
      campaignId: string,
      count: number,
      requestId: string = crypto.randomUUID(),
    ): Promise<number[]> {
      const told: number[] = [];
      for await (const { generated } of pools.generateCodes({ campaignId, count, requestId })) {
        told.push(generated);
      }
      return told;
    },

    /** A file in chunks of so many lines; the last answer. */
    async upload(
      campaignId: string,
      codes: string[],
      { uploadId = crypto.randomUUID() as string, size = 10_000 } = {},
    ): Promise<ImportCodesResponse> {
      const chunks = Math.ceil(codes.length / size);
      for (let chunk = 0; chunk < chunks - 1; chunk++) {
        const part = codes.slice(chunk * size, (chunk + 1) * size);
        await pools.importCodes({ campaignId, uploadId, chunk, codes: part });
      }
      const rest = codes.slice((chunks - 1) * size);
      return pools.importCodes({ campaignId, uploadId, chunk: chunks - 1, codes: rest, chunks });
    },

    async codes(campaignId: string, states: State[] = [], more: object = {}): Promise<PoolCode[]> {
      const found: PoolCode[] = [];
      let pageToken = "";
      do {
        const page = await pools.listCodes({ campaignId, states, pageSize: 1_000, pageToken, ...more });
        found.push(...page.codes);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return found;
    },

    stats: async (campaignId: string) =>
      (await clients.campaigns.getCampaign({ campaignId })).campaign!.stats!,
  };
}

export type PoolClients = ReturnType<typeof poolClientsOf>;

/** A code or a reason, in a word. */
export function brief({ outcome }: AssignCodeResponse): string {
  if (outcome.case === "coupon") return outcome.value.code;
  return String(outcome.value?.reason);
}

/** What a call fails with: its reason, and the fields that are to blame. */
export async function failure(call: Promise<unknown>): Promise<{ reason?: string; fields: string[] }> {
  try {
    await call;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const fields = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
    const reason = reasonOf(error);
    return { ...(reason !== undefined && { reason }), fields: fields.map(({ field }) => field) };
  }
  throw new Error("the call was answered");
}
