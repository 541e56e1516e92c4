import { create } from "@bufbuild/protobuf";
import {
  type ListParticipantsRequest,
  type ListParticipantsResponse,
  ListParticipantsResponseSchema,
} from "../gen/allot/v1/participant_pb.js";
import { type FieldProblem, invalid } from "./errors.ts";
import { pageOf, pageToken } from "./pages.ts";
import type { ParticipantServiceDeps } from "./participant-access.ts";
import { participantMessage } from "./participant-message.ts";

export async function listParticipants(
  { ledger, phones, secrets }: ParticipantServiceDeps,
  request: ListParticipantsRequest,
): Promise<ListParticipantsResponse> {
  const problems: FieldProblem[] = [];
  const query = ["ListParticipants", String(request.banned)];
  const { size, after } = pageOf(secrets.pageKey, query, request, problems);
  if (problems.length > 0) throw invalid(problems);
  const rows = await ledger.participants(request.banned, after?.[0] ?? 0, size + 1);
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return create(ListParticipantsResponseSchema, {
    participants: shown.map((row) => participantMessage(phones, row)),
    nextPageToken: rows.length > size && last ? pageToken(secrets.pageKey, query, [last.no]) : "",
  });
}
