import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { TicketCodes } from "../draws/ticket-code.ts";
import {
  type ClaimTicketRequest,
  type ClaimTicketResponse,
  type RaffleService,
  type Ticket,
  TicketSchema,
  type VerifyTicketRequest,
  type VerifyTicketResponse,
  VerifyTicketResponseSchema,
} from "../gen/allot/v1/raffle_pb.js";
import type { Issued } from "../issuing/request.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { campaignNotFound } from "./campaign-access.ts";
import { type FieldProblem, fault, invalid } from "./errors.ts";
import { issueTime, refusalMessage, undecided } from "./issue-answer.ts";
import { answering } from "./outage.ts";
import { type DrawWinnersDeps, drawWinners } from "./raffle-draw.ts";
import { listWinners } from "./raffle-winners.ts";
import { maySee } from "./requester.ts";
import { type IssuingDeps, type Taking, taking, wrongMechanic } from "./taking.ts";
import type { WrongGuesses } from "./wrong-guesses.ts";

export interface RaffleServiceDeps extends IssuingDeps, DrawWinnersDeps {
  ledger: Ledger;
  codes: TicketCodes;
  guesses: WrongGuesses;
  /** Moves what was handed out until now into the ledger. */
  flush(): Promise<void>;
}

type Methods = ServiceImpl<typeof RaffleService>;

/** RaffleService as allot/v1/raffle.proto has it. */
export function createRaffleService(deps: RaffleServiceDeps): Methods {
  return {
    // A Later is awaited like a promise, which is all that connect does with it.
    claimTicket: taking(deps, claiming(deps)) as unknown as Methods["claimTicket"],
    drawWinners: answering((request) => drawWinners(deps, request)),
    listWinners: answering((request, context) => listWinners(deps, request, context)),
    verifyTicket: answering((request, context) => verifyTicket(deps, request, context)),
  };
}

function claiming({ codes }: RaffleServiceDeps): Taking<ClaimTicketRequest, ClaimTicketResponse> {
  const ticket = (
    { campaignId, userId }: ClaimTicketRequest,
    { code: text, issueMs }: Extract<Issued, { kind: "coupon" }>,
  ): Ticket => {
    const number = Number(text);
    const code = codes.of(campaignId, number);
    const claimTime = issueTime(issueMs);
    return { $typeName: "allot.v1.Ticket", campaignId, number, code, userId, claimTime, prizeId: "" };
  };
  /** Written out, as issue-answer.ts does. */
  const answered = (outcome: ClaimTicketResponse["outcome"], replayed: boolean): ClaimTicketResponse => ({
    $typeName: "allot.v1.ClaimTicketResponse",
    outcome,
    replayed,
  });
  return {
    kind: "raffle",
    answer(request, issued) {
      switch (issued.kind) {
        case "coupon":
          return answered({ case: "ticket", value: ticket(request, issued) }, issued.replayed);
        case "entry":
          throw new Error("a claim that could only give tickets gave none");
        case "refusal":
          return answered({ case: "refusal", value: refusalMessage(issued) }, false);
        default:
          return undecided(request, issued);
      }
    },
  };
}

async function verifyTicket(
  deps: RaffleServiceDeps,
  { campaignId, number, code }: VerifyTicketRequest,
  context: HandlerContext,
): Promise<VerifyTicketResponse> {
  const { campaigns, codes, guesses, ledger } = deps;
  const problems: FieldProblem[] = [];
  if (campaignId === "") problems.push({ field: "campaign_id", problem: "It is required." });
  if (number === 0) problems.push({ field: "number", problem: "It is required." });
  if (code === "") problems.push({ field: "code", problem: "It is required." });
  if (problems.length > 0) throw invalid(problems);
  const known = await campaigns.known(campaignId);
  if (!known) throw campaignNotFound(campaignId);
  const { campaign } = known;
  if (campaign.mechanic.kind !== "raffle") throw wrongMechanic(known);
  return guesses.guard(
    context,
    async () => {
      if (number > campaign.tickets!.quota! || !codes.isRight(campaignId, number, code)) return undefined;
      const serial = campaigns.tickets.serial(campaign.no, number);
      let row = await ledger.coupon(campaign.space.no, serial);
      if (!row) {
        // It may have been claimed a moment ago.
        await deps.flush();
        row = await ledger.coupon(campaign.space.no, serial);
      }
      if (!row) return undefined;
      const winner = await ledger.raffleWinner(campaign.no, serial);
      const ticket = create(TicketSchema, {
        campaignId,
        number,
        code,
        userId: maySee(row.userId, context) ? row.userId : "",
        claimTime: timestampFromMs(row.timeMs),
        prizeId: winner ? campaign.prizes[winner.prizeNo]!.id : "",
      });
      return create(VerifyTicketResponseSchema, { ticket });
    },
    () => fault("TICKET_NOT_FOUND", "There is no ticket with this number and code."),
  );
}
