import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CampaignSchema } from "../../../src/gen/allot/v1/campaign_pb.js";
import type { Clients } from "../../client.ts";

/** One request, under the id by which it is asked again. */
export interface Asked {
  user: string;
  /** "": it has none; only a limit of one per user makes asking again safe then. */
  requestId: string;
}

/** What somebody was given. */
export interface Given {
  /** Tells it from all others of its campaign: a code, a ticket's number, a draw's day and number. */
  key: string;
  user: string;
  /** "": it won nothing. */
  prizeId: string;
  /** Whatever else the answer said, to be the same for ever. */
  details: string;
}

export type Answer = { given: Given; replayed: boolean } | { refused: string };

/** A kind of campaign, as the load takes part in it. */
export interface Sale {
  name: string;
  campaign: Pick<MessageInitShape<typeof CampaignSchema>, "mechanic" | "prizes" | "limits" | "partitions">;
  /** How much of the load it gets, beside the others. */
  share: number;
  /** Requests that travel in one call. */
  batch: number;
  /** How often each user asks, each time under another id. */
  perUser: number;
  /** Who asks without a request id. Nobody: everybody has one. */
  unnamed: "nobody" | "some" | "everybody";
  /** Asking again may give another one: then each try without an answer may be behind one more. */
  repeats: boolean;
  /** What may be refused, with what it tells: that all of the campaign (or of the day) is gone, or all of the user's. */
  refusals: Record<string, "all" | "day" | "user">;
  /** Every request's answer; undefined: an error of its own, to be asked again. Throws where the call failed. */
  ask(
    clients: Clients,
    campaignId: string,
    asked: Asked[],
    timeoutMs: number,
  ): Promise<(Answer | undefined)[]>;
  /** What the ledger has, by the public port. */
  listed(clients: Clients, campaignId: string, told: Given[]): Promise<Given[]>;
}

/** A sale under way. */
export interface Campaign {
  id: string;
  sale: Sale;
  /** How many requests were thought of so far. */
  made: number;
}

export const nextAsked = (campaign: Campaign): Asked => {
  const { sale, id } = campaign;
  const number = campaign.made++;
  const nth = number % sale.perUser;
  const user = Math.floor(number / sale.perUser);
  const isUnnamed = sale.unnamed === "everybody" || (sale.unnamed === "some" && user % 3 === 0);
  return { user: `${id}-user-${user}`, requestId: isUnnamed ? "" : `ask-${nth}` };
};
