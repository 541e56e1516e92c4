import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Participant as ParticipantMessage, ParticipantSchema } from "../gen/allot/v1/participant_pb.js";
import type { Participant } from "../ledger/participants.ts";
import type { PhoneBook } from "../participants/phone-book.ts";

/** A participant as allot/v1/participant.proto has it. */
export function participantMessage(phones: PhoneBook, participant: Participant): ParticipantMessage {
  const { userId, userHash, phone, registerMs, banned, banMs, banReason } = participant;
  return create(ParticipantSchema, {
    userId,
    phoneNumber: phone === undefined ? "" : phones.open(phone, userHash),
    ...(registerMs !== undefined && { registerTime: timestampFromMs(registerMs) }),
    banned,
    ...(banMs !== undefined && { banTime: timestampFromMs(banMs) }),
    banReason,
  });
}
