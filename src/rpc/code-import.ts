import { create } from "@bufbuild/protobuf";
import { idProblem, lengthOf, requestIdProblem } from "../campaign/text.ts";
import {
  type ImportCodesRequest,
  type ImportCodesResponse,
  ImportCodesResponseSchema,
} from "../gen/allot/v1/code_pool_pb.js";
import { campaignNotFound } from "./campaign-access.ts";
import { type CodePoolServiceDeps, endedProblem, existingPool } from "./code-pool-access.ts";
import { type FieldProblem, fault, invalid } from "./errors.ts";

const chunkSizeMax = 10_000;
const chunksMax = 100_000;
const codeLengthMax = 64;
const problemsMax = 20;
/** An upload that nobody adds to is forgotten. */
const staleMs = 86_400_000;
/** About what a call adds. */
const dropRows = 10_000;

export async function importCodes(
  deps: CodePoolServiceDeps,
  request: ImportCodesRequest,
): Promise<ImportCodesResponse> {
  const { ledger, clock } = deps;
  const { campaignId, uploadId, chunk, codes, chunks } = request;
  const problems = problemsOf(request);
  if (problems.length > 0) throw invalid(problems);
  const campaign = await existingPool(deps, campaignId);
  if (!campaign.mechanic.imported) {
    throw fault("WRONG_MECHANIC", `The codes of campaign "${campaignId}" are made here: call GenerateCodes.`);
  }
  const nowMs = clock();
  const ended = endedProblem(campaign, nowMs);

  await ledger.dropUploads(nowMs - staleMs, dropRows);
  const staged = await ledger.stageCodes({
    campaignNo: campaign.no,
    uploadId,
    chunk,
    codes,
    closed: ended !== undefined,
    nowMs,
  });
  if (staged.kind === "closed") throw invalid([{ field: "campaign_id", problem: ended! }]);
  if (staged.kind === "reused") {
    throw fault(
      "REQUEST_ID_REUSED",
      "This upload_id was used for other codes, which have been imported: take a fresh one for each file.",
    );
  }
  const receivedChunks = staged.chunks;
  if (chunks === 0) return create(ImportCodesResponseSchema, { receivedChunks });
  return finish(deps, request, campaign.no, receivedChunks);
}

async function finish(
  { ledger, campaigns, effects, clock }: CodePoolServiceDeps,
  { campaignId, uploadId, chunks }: ImportCodesRequest,
  campaignNo: number,
  receivedChunks: number,
): Promise<ImportCodesResponse> {
  const done = await ledger.importCodes({ campaignNo, uploadId, chunks, nowMs: clock() });
  switch (done.kind) {
    case "imported":
      campaigns.invalidate(campaignId);
      await effects.applied(done.campaign);
      return create(ImportCodesResponseSchema, { receivedChunks, imported: done.imported });
    case "duplicates":
      return create(ImportCodesResponseSchema, { receivedChunks, duplicates: done.duplicates });
    case "missing":
      throw chunksInvalid(`Chunk ${done.chunk} has not arrived: send it, and then the last one again.`);
    case "beyond":
      throw chunksInvalid(`There is a chunk ${done.chunk}: with ${chunks} the last one is ${chunks - 1}.`);
    case "too-many":
      throw chunksInvalid(`The pool can have ${done.left} more codes at most.`);
    case "not-found":
      throw campaignNotFound(campaignId);
  }
}

const chunksInvalid = (problem: string) => invalid([{ field: "chunks", problem }]);

function problemsOf({ campaignId, uploadId, chunk, codes, chunks }: ImportCodesRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (field: string, problem: string | undefined) => {
    if (problem !== undefined && problems.length < problemsMax) problems.push({ field, problem });
  };
  add("campaign_id", idProblem(campaignId));
  add("upload_id", uploadId === "" ? "It is required." : requestIdProblem(uploadId));
  if (chunk >= chunksMax) add("chunk", `It must be below ${chunksMax}, not ${chunk}.`);
  if (chunks !== 0 && chunks <= chunk) add("chunks", `It must be more than chunk, ${chunk}, or 0.`);
  if (codes.length < 1 || codes.length > chunkSizeMax) {
    add("codes", `There must be 1 to ${chunkSizeMax}, not ${codes.length}.`);
  } else {
    for (const [at, code] of codes.entries()) add(`codes[${at}]`, codeProblem(code));
  }
  return problems;
}

/** Why this can't be a code, as a sentence. */
function codeProblem(code: string): string | undefined {
  if (code === "") return "It is empty.";
  if (code.length > codeLengthMax) {
    const length = lengthOf(code);
    if (length > codeLengthMax) return `It can have ${codeLengthMax} characters, not ${length}.`;
  }
  if (/\p{Cc}/u.test(code)) return "It has a control character, such as a line break or a tab.";
  if (code.normalize("NFC") !== code) return "It must be in Unicode's normal form NFC.";
}
