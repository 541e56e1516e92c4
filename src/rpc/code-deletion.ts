import { create } from "@bufbuild/protobuf";
import { stateAt } from "../campaign/campaign.ts";
import { checked } from "../campaign/problem.ts";
import type { Reason } from "../campaign/reason.ts";
import {
  CodePoolService,
  type DeleteCodeRequest,
  type DeleteCodeResponse,
  DeleteCodeResponseSchema,
} from "../gen/allot/v1/code_pool_pb.js";
import type { CodeDeleted, CodeKey } from "../ledger/code-pools.ts";
import { type CodePoolServiceDeps, codeMessages, codeNotFound } from "./code-pool-access.ts";
import { fault } from "./errors.ts";
import { refusalMessage } from "./issue-answer.ts";
import { mutate } from "./mutation.ts";

/** A serial can be lent again between two recalls only where nobody has marked its code, and this does. */
const recallsMax = 3;

export function deleteCode(
  deps: CodePoolServiceDeps,
  request: DeleteCodeRequest,
): Promise<DeleteCodeResponse> {
  const { ledger, codes, clock } = deps;
  return mutate(ledger, CodePoolService.method.deleteCode, request, {
    async check() {
      const problems = request.code === "" ? [{ field: "code", problem: "It is required." }] : [];
      return checked(request.code, problems);
    },
    async make(text, mutation) {
      const code = await codes.decode(text);
      const campaignNo = code && (await ledger.poolOf(code));
      if (!code || campaignNo === undefined) throw codeNotFound();
      const campaign = (await ledger.campaignByNo(campaignNo))!;
      if (stateAt(campaign, clock()) === "ended") {
        throw fault("NOT_DELETABLE", "The campaign has ended: none of its codes is given out any more.");
      }
      const made = await ledger.deleteCode(code, clock(), mutation);
      if (made.kind === "not-found") throw codeNotFound();
      return made.kind === "repeated" ? undefined : { code, made };
    },
    async recall(subject) {
      const [spaceNo, serial] = subject.split(" ").map(Number);
      const code = { spaceNo: spaceNo!, serial: serial! };
      return { code, made: await ledger.deleteCode(code, clock(), undefined) };
    },
    async finish({ code, made }) {
      const outcome = await settled(deps, code, made);
      const campaign = (await ledger.campaignByNo((await ledger.poolOf(code))!))!;
      const [row] = await ledger.poolCodesBySerial(campaign.no, [code.serial]);
      if (outcome.kind === "deleted") {
        const [message] = await codeMessages(deps, campaign, [row!]);
        return create(DeleteCodeResponseSchema, { outcome: { case: "code", value: message! } });
      }
      const reason = reasonFor(row!.state);
      const refusal = refusalMessage({ kind: "refusal", reason, retryMs: undefined });
      return create(DeleteCodeResponseSchema, { outcome: { case: "refusal", value: refusal } });
    },
  });
}

/** Gets the serial back from the store that has borrowed it: unless it has been given out by then, its code is deleted as it comes. */
async function settled(
  { ledger, effects, flush, clock }: CodePoolServiceDeps,
  code: CodeKey,
  made: CodeDeleted,
): Promise<CodeDeleted> {
  let outcome = made;
  for (let recalls = 0; outcome.kind === "lent"; recalls++) {
    if (recalls === recallsMax) {
      throw fault(
        "STORE_UNAVAILABLE",
        "The store has not given the code back: try again with the same request_id.",
      );
    }
    const { campaign } = outcome;
    await flush();
    await effects.recalled(campaign);
    outcome = await ledger.deleteCode(code, clock(), undefined);
    await effects.applied(campaign);
  }
  return outcome;
}

function reasonFor(state: string): Reason {
  return state === "redeemed" ? "ALREADY_REDEEMED" : state === "deleted" ? "COUPON_REVOKED" : "ASSIGNED";
}
