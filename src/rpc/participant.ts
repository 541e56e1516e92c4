import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  BanParticipantResponseSchema,
  type GetParticipantRequest,
  type GetParticipantResponse,
  GetParticipantResponseSchema,
  ParticipantService,
  UnbanParticipantResponseSchema,
} from "../gen/allot/v1/participant_pb.js";
import { phoneNumberOf } from "../participants/phone-number.ts";
import { invalid } from "./errors.ts";
import { answering } from "./outage.ts";
import {
  type ParticipantServiceDeps,
  participantNotFound,
  userHashOf,
  userIdProblems,
} from "./participant-access.ts";
import { setBan } from "./participant-ban.ts";
import { eraseParticipant } from "./participant-erasure.ts";
import { listParticipants } from "./participant-list.ts";
import { participantMessage } from "./participant-message.ts";
import { registerParticipant } from "./participant-registration.ts";

export type { ParticipantServiceDeps } from "./participant-access.ts";

/** ParticipantService as allot/v1/participant.proto has it. Throws Faults and ConnectErrors for the caller. */
export function createParticipantService(
  deps: ParticipantServiceDeps,
): ServiceImpl<typeof ParticipantService> {
  const { method } = ParticipantService;
  return {
    registerParticipant: answering((request) => registerParticipant(deps, request)),

    getParticipant: answering((request) => getParticipant(deps, request)),

    listParticipants: answering((request) => listParticipants(deps, request)),

    banParticipant: answering((request) =>
      setBan(deps, method.banParticipant, request, { banned: true, reason: request.reason }, (participant) =>
        create(BanParticipantResponseSchema, { participant }),
      ),
    ),

    unbanParticipant: answering((request) =>
      setBan(deps, method.unbanParticipant, request, { banned: false, reason: "" }, (participant) =>
        create(UnbanParticipantResponseSchema, { participant }),
      ),
    ),

    eraseParticipant: answering((request) => eraseParticipant(deps, request)),
  };
}

async function getParticipant(
  deps: ParticipantServiceDeps,
  request: GetParticipantRequest,
): Promise<GetParticipantResponse> {
  const { ledger, phones } = deps;
  const participant = await ledger.participant(wanted(deps, request));
  if (participant === undefined) throw participantNotFound();
  return create(GetParticipantResponseSchema, { participant: participantMessage(phones, participant) });
}

function wanted(deps: ParticipantServiceDeps, request: GetParticipantRequest) {
  const { userId, phoneNumber } = request;
  if ((userId === "") === (phoneNumber === "")) {
    throw invalid([{ field: "user_id", problem: "A user_id or a phone_number is required, and not both." }]);
  }
  if (phoneNumber === "") {
    const problems = userIdProblems(userId);
    if (problems.length > 0) throw invalid(problems);
    return { userHash: userHashOf(deps, userId) };
  }
  const { value, problems } = phoneNumberOf(request);
  if (problems !== undefined) throw invalid(problems);
  return { phoneHash: deps.phones.hash(value) };
}
