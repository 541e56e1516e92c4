import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Campaign } from "../campaign/campaign.ts";
import { checked } from "../campaign/problem.ts";
import type { RaffleDraws } from "../flows/raffle-draws.ts";
import {
  type DrawWinnersRequest,
  type DrawWinnersResponse,
  DrawWinnersResponseSchema,
  type RaffleDraw as RaffleDrawMessage,
  RaffleDrawSchema,
  RaffleService,
} from "../gen/allot/v1/raffle_pb.js";
import { Reason } from "../gen/allot/v1/refusal_pb.js";
import type { Secrets } from "../keys/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RaffleDraw } from "../ledger/raffles.ts";
import { campaignNotFound } from "./campaign-access.ts";
import type { FieldProblem } from "./errors.ts";
import { mutate } from "./mutation.ts";
import { wrongMechanic } from "./taking.ts";

export interface DrawWinnersDeps {
  ledger: Ledger;
  secrets: Pick<Secrets, "pageKey" | "userHashKey">;
  raffles: Pick<RaffleDraws, "draw">;
}

export const entropyBytesMax = 1_024;

/** What the rules refuse leaves no record, and is an answer all the same. */
class Refused {
  readonly reason: "TICKETS_REMAIN" | "ALREADY_DRAWN";

  constructor(reason: "TICKETS_REMAIN" | "ALREADY_DRAWN") {
    this.reason = reason;
  }
}

export async function drawWinners(
  deps: DrawWinnersDeps,
  request: DrawWinnersRequest,
): Promise<DrawWinnersResponse> {
  const { ledger, raffles } = deps;
  const entropy = Buffer.from(request.entropy);
  try {
    return await mutate(ledger, RaffleService.method.drawWinners, request, {
      async check() {
        const campaign = await raffleOf(deps, request.campaignId);
        return checked(campaign, entropyProblems(campaign, entropy));
      },
      async make(campaign, mutation) {
        const drawn = await raffles.draw(campaign, entropy, mutation);
        switch (drawn) {
          case "drawn":
            return campaign;
          case "repeated":
            return undefined;
          case "drawn-before":
            throw new Refused("ALREADY_DRAWN");
          case "TICKETS_REMAIN":
            throw new Refused("TICKETS_REMAIN");
        }
      },
      recall: async (subject) => (await ledger.campaignByNo(Number(subject)))!,
      async finish({ no, id }) {
        const draw = raffleDrawMessage(id, (await ledger.raffleDraw(no))!);
        return create(DrawWinnersResponseSchema, { outcome: { case: "draw", value: draw } });
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    const value = { reason: Reason[thrown.reason] };
    return create(DrawWinnersResponseSchema, { outcome: { case: "refusal", value } });
  }
}

/** Throws CAMPAIGN_NOT_FOUND and WRONG_MECHANIC. */
export async function raffleOf({ ledger }: Pick<DrawWinnersDeps, "ledger">, id: string): Promise<Campaign> {
  const campaign = await ledger.campaign(id);
  if (!campaign) throw campaignNotFound(id);
  if (campaign.mechanic.kind !== "raffle") throw wrongMechanic({ campaign });
  return campaign;
}

export function entropyProblems({ mechanic }: Campaign, entropy: Buffer): FieldProblem[] {
  const add = (problem: string) => [{ field: "entropy", problem }];
  if (entropy.length > entropyBytesMax)
    return add(`It can have ${entropyBytesMax} bytes, not ${entropy.length}.`);
  if ("requireEntropy" in mechanic && mechanic.requireEntropy && entropy.length === 0) {
    return add("It is required here: randomness that was public only after the last claim.");
  }
  return [];
}

export function raffleDrawMessage(campaignId: string, draw: RaffleDraw): RaffleDrawMessage {
  const { tickets, winners, digest, entropy, drawMs } = draw;
  return create(RaffleDrawSchema, {
    campaignId,
    drawTime: timestampFromMs(drawMs),
    tickets,
    winners,
    digest,
    entropy,
  });
}
