import { create, type DescMessage, type DescMethodUnary, type MessageShape } from "@bufbuild/protobuf";
import { checked } from "../campaign/problem.ts";
import { lengthOf } from "../campaign/text.ts";
import { type Participant, ParticipantSchema } from "../gen/allot/v1/participant_pb.js";
import { discreet } from "../keys/discretion.ts";
import type { FieldProblem } from "./errors.ts";
import { mutate } from "./mutation.ts";
import { type ParticipantServiceDeps, userHashOf, userIdProblems } from "./participant-access.ts";
import { participantMessage } from "./participant-message.ts";

const reasonMax = 200;

/** Bans a user or lifts the ban: in the ledger, then in every partition of the store, and only then it is answered. */
export function setBan<I extends DescMessage, O extends DescMessage>(
  deps: ParticipantServiceDeps,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I> & { userId: string; requestId: string },
  { banned, reason }: { banned: boolean; reason: string },
  answer: (participant: Participant) => MessageShape<O>,
): Promise<MessageShape<O>> {
  const { ledger, phones, secrets, bans, clock } = deps;
  const { userId } = request;
  const userHash = userHashOf(deps, userId);
  return mutate(ledger, method, request, {
    discretion: discreet(secrets.mutationKey),
    async check() {
      const problems: FieldProblem[] = userIdProblems(userId);
      const length = lengthOf(reason);
      if (length > reasonMax) {
        problems.push({ field: "reason", problem: `It can have ${reasonMax} characters, not ${length}.` });
      }
      return checked(undefined, problems);
    },
    async make(_, mutation) {
      const set = await ledger.setBan({ userHash, userId, banned, reason, nowMs: clock() }, mutation);
      return set.kind === "repeated" ? undefined : { participant: set.participant };
    },
    recall: async () => ({ participant: await ledger.participant({ userHash }) }),
    async finish({ participant }) {
      await bans.push(userHash);
      // Who is not banned and never registered is nobody to the ledger.
      return answer(
        participant ? participantMessage(phones, participant) : create(ParticipantSchema, { userId }),
      );
    },
  });
}
