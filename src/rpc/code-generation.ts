import { hash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { idProblem, requestIdProblem } from "../campaign/text.ts";
import {
  CodePoolService,
  type GenerateCodesRequest,
  type GenerateCodesResponse,
  GenerateCodesResponseSchema,
} from "../gen/allot/v1/code_pool_pb.js";
import { batchOf, type CodeBatch } from "../ledger/code-pools.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type CodePoolServiceDeps, endedProblem, existingPool } from "./code-pool-access.ts";
import { type FieldProblem, fault, invalid } from "./errors.ts";
import { requestIdReused } from "./mutation.ts";

const countMax = 100_000_000;
/** Codes made between two messages, of a request for a few; of a large one it is a hundredth. */
const stepMin = 100_000;
const stepsMax = 100;

const method = CodePoolService.method.generateCodes.name;

/** Makes codes step by step; whoever asks again, under the same request id, goes on where the last one stopped. */
export async function* generateCodes(
  deps: CodePoolServiceDeps,
  request: GenerateCodesRequest,
): AsyncGenerator<GenerateCodesResponse> {
  const { ledger, campaigns, effects, clock } = deps;
  const { count } = request;
  const batch = await batchFor(deps, request);
  const step = Math.max(stepMin, Math.ceil(count / stepsMax));
  for (;;) {
    const { made, size, campaign } = await ledger.makeCodes(batch, step, clock());
    const isLast = made === size;
    if (isLast) {
      campaigns.invalidate(campaign.id);
      await effects.applied(campaign);
    }
    yield create(GenerateCodesResponseSchema, { generated: made, count });
    if (isLast) return;
  }
}

/** The serials that are reserved for a request: once, however often it is asked. */
async function batchFor(deps: CodePoolServiceDeps, request: GenerateCodesRequest): Promise<CodeBatch> {
  const { ledger, clock } = deps;
  const { campaignId, count, requestId } = request;
  const problems = problemsOf(request);
  if (problems.length > 0) throw invalid(problems);
  const digest = hash("sha256", JSON.stringify([method, campaignId, count]), "buffer");
  const recorded = async () => {
    const mutation = await ledger.mutation(method, requestId);
    if (mutation && !digest.equals(mutation.digest)) throw requestIdReused();
    return mutation && batchOf(mutation.subject);
  };
  const before = await recorded();
  if (before) return before;

  const campaign = await existingPool(deps, campaignId);
  if (campaign.mechanic.imported) {
    throw fault("WRONG_MECHANIC", `The codes of campaign "${campaignId}" are imported: call ImportCodes.`);
  }
  const ended = endedProblem(campaign, clock());
  if (ended !== undefined) throw invalid([{ field: "campaign_id", problem: ended }]);
  const begun = await ledger.beginCodes(campaignId, count, clock(), { method, requestId, digest });
  switch (begun.kind) {
    case "begun":
      return begun.batch;
    case "repeated":
      return (await recorded())!;
    case "not-found":
      throw campaignNotFound(campaignId);
    case "no-room": {
      const problem = `The campaign's codes leave room for ${begun.room} more: create another campaign with longer codes or another prefix.`;
      throw invalid([{ field: "count", problem }]);
    }
    case "too-many":
      throw invalid([{ field: "count", problem: `The pool can have ${begun.left} more at most.` }]);
  }
}

function problemsOf({ campaignId, count, requestId }: GenerateCodesRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (field: string, problem: string | undefined) => {
    if (problem !== undefined) problems.push({ field, problem });
  };
  add("campaign_id", idProblem(campaignId));
  add("count", count < 1 || count > countMax ? `It must be 1 to ${countMax}, not ${count}.` : undefined);
  add(
    "request_id",
    requestId === "" ? "It is required: a call that breaks off goes on by it." : requestIdProblem(requestId),
  );
  return problems;
}
