import { create } from "@bufbuild/protobuf";
import { checked } from "../campaign/problem.ts";
import {
  type EraseParticipantRequest,
  type EraseParticipantResponse,
  EraseParticipantResponseSchema,
  ParticipantService,
} from "../gen/allot/v1/participant_pb.js";
import { discreet } from "../keys/discretion.ts";
import { mutate } from "./mutation.ts";
import { type ParticipantServiceDeps, userHashOf, userIdProblems } from "./participant-access.ts";

const erased = {};

export function eraseParticipant(
  deps: ParticipantServiceDeps,
  request: EraseParticipantRequest,
): Promise<EraseParticipantResponse> {
  const { ledger, secrets, flush, clock } = deps;
  const { userId } = request;
  return mutate(ledger, ParticipantService.method.eraseParticipant, request, {
    discretion: discreet(secrets.mutationKey),
    check: async () => checked(userHashOf(deps, userId), userIdProblems(userId)),
    async make(userHash, mutation) {
      // What was given a moment ago still names the user on its way to the ledger.
      await flush();
      const outcome = await ledger.erase({ userHash, nowMs: clock() }, mutation);
      return outcome === "erased" ? erased : undefined;
    },
    recall: async () => erased,
    finish: async () => create(EraseParticipantResponseSchema),
  });
}
