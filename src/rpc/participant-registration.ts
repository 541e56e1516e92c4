import { create } from "@bufbuild/protobuf";
import { checked } from "../campaign/problem.ts";
import {
  ParticipantService,
  type RegisterParticipantRequest,
  type RegisterParticipantResponse,
  RegisterParticipantResponseSchema,
} from "../gen/allot/v1/participant_pb.js";
import { discreet } from "../keys/discretion.ts";
import { phoneNumberOf } from "../participants/phone-number.ts";
import { fault } from "./errors.ts";
import { mutate } from "./mutation.ts";
import {
  type ParticipantServiceDeps,
  participantNotFound,
  userHashOf,
  userIdProblems,
} from "./participant-access.ts";
import { participantMessage } from "./participant-message.ts";

export function registerParticipant(
  deps: ParticipantServiceDeps,
  request: RegisterParticipantRequest,
): Promise<RegisterParticipantResponse> {
  const { ledger, phones, secrets, clock } = deps;
  const { userId } = request;
  const userHash = userHashOf(deps, userId);
  return mutate(ledger, ParticipantService.method.registerParticipant, request, {
    discretion: discreet(secrets.mutationKey),
    async check() {
      const { value = "", problems = [] } = phoneNumberOf(request);
      return checked(value, [...userIdProblems(userId), ...problems]);
    },
    async make(number, mutation) {
      const phone = phones.seal(number, userHash);
      const registration = { userHash, userId, phone, phoneHash: phones.hash(number), nowMs: clock() };
      const outcome = await ledger.register(registration, mutation);
      switch (outcome.kind) {
        case "registered":
          return outcome.participant;
        case "repeated":
          return undefined;
        case "phone-taken":
          throw fault("PHONE_TAKEN", "The phone number is another user's: register another one.");
      }
    },
    async recall() {
      const participant = await ledger.participant({ userHash });
      if (participant === undefined) throw participantNotFound();
      return participant;
    },
    async finish(participant) {
      return create(RegisterParticipantResponseSchema, {
        participant: participantMessage(phones, participant),
      });
    },
  });
}
