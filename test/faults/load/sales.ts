import { Code, ConnectError } from "@connectrpc/connect";
import type { Coupon } from "../../../src/gen/allot/v1/coupon_pb.js";
import type { Draw } from "../../../src/gen/allot/v1/draw_pb.js";
import type { Ticket } from "../../../src/gen/allot/v1/raffle_pb.js";
import { Reason } from "../../../src/gen/allot/v1/refusal_pb.js";
import type { Clients } from "../../client.ts";
import type { Answer, Given, Sale } from "./sale.ts";

const ofCoupon = (coupon: Coupon): Given => ({
  key: coupon.code,
  user: coupon.userId,
  prizeId: coupon.prizeId,
  details: String(coupon.issueTime?.seconds),
});

const ofDraw = (draw: Draw): Given => ({
  key: `${draw.userId} ${draw.date} ${draw.number}`,
  user: draw.userId,
  prizeId: draw.prizeId,
  details: draw.coupon?.code ?? "",
});

const ofTicket = (ticket: Ticket): Given => ({
  key: String(ticket.number),
  user: ticket.userId,
  prizeId: "",
  details: ticket.code,
});

interface Outcome<T> {
  case: string | undefined;
  value?: T | { reason: Reason };
}

const answerOf = <T>(
  outcome: Outcome<T>,
  replayed: boolean,
  given: (value: T) => Given,
): Answer | undefined => {
  if (outcome.case === undefined || outcome.case === "error") return undefined;
  if (outcome.case === "refusal") return { refused: Reason[(outcome.value as { reason: Reason }).reason]! };
  return { given: given(outcome.value as T), replayed };
};

const askForCoupons: Sale["ask"] = async (clients, campaignId, asked, timeoutMs) => {
  const requests = asked.map(({ user, requestId }) => ({ campaignId, userId: user, requestId }));
  const results =
    requests.length === 1
      ? [await clients.coupons.issueCoupon(requests[0]!, { timeoutMs })]
      : (await clients.coupons.issueCoupons({ requests }, { timeoutMs })).results;
  return results.map(({ outcome, replayed }) => answerOf(outcome as Outcome<Coupon>, replayed, ofCoupon));
};

const askForDraws: Sale["ask"] = async (clients, campaignId, [asked], timeoutMs) => {
  const { user: userId, requestId } = asked!;
  const { outcome, replayed } = await clients.draws.draw({ campaignId, userId, requestId }, { timeoutMs });
  return [answerOf(outcome as Outcome<Draw>, replayed, ofDraw)];
};

const askForTickets: Sale["ask"] = async (clients, campaignId, [asked], timeoutMs) => {
  const { user: userId, requestId } = asked!;
  const { outcome, replayed } = await clients.raffles.claimTicket(
    { campaignId, userId, requestId },
    { timeoutMs },
  );
  return [answerOf(outcome as Outcome<Ticket>, replayed, ofTicket)];
};

const listCoupons = async (clients: Clients, campaignId: string): Promise<Given[]> =>
  (await clients.all(campaignId)).map(ofCoupon);

const listDraws = async (clients: Clients, campaignId: string): Promise<Given[]> => {
  const found: Given[] = [];
  let pageToken = "";
  do {
    const page = await clients.draws.listDraws({ campaignId, pageSize: 1000, pageToken });
    found.push(...page.draws.map(ofDraw));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return found;
};

/** Tickets are listed nowhere: each is shown to whoever has its code, which is all that an acknowledged one is about. */
const verifyTickets = async (clients: Clients, campaignId: string, told: Given[]): Promise<Given[]> => {
  const verified = await Promise.all(
    told.map(async ({ key, details }) => {
      try {
        const { ticket } = await clients.raffles.verifyTicket({
          campaignId,
          number: Number(key),
          code: details,
        });
        return ticket && { ...ofTicket(ticket), details };
      } catch (error) {
        if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
        throw error;
      }
    }),
  );
  return verified.filter((one) => one !== undefined);
};

const once = { batch: 1, unnamed: "nobody", repeats: false } as const;
const coupons = { ...once, ask: askForCoupons, listed: listCoupons };

/** What the load takes part in, all at once. Sizes are such that a round of some seconds reaches most quotas. */
export const sales: Sale[] = [
  {
    ...coupons,
    name: "steady",
    campaign: { prizes: [{ quota: 100_000 }], partitions: 4 },
    share: 3,
    batch: 25,
    perUser: 5,
    refusals: {},
  },
  {
    ...coupons,
    name: "repeating",
    campaign: { prizes: [{ quota: 100_000 }], partitions: 4 },
    share: 2,
    perUser: 1,
    unnamed: "everybody",
    repeats: true,
    refusals: {},
  },
  {
    ...coupons,
    name: "limited",
    campaign: { prizes: [{ quota: 150 }], limits: { perUser: 1 }, partitions: 4 },
    share: 3,
    perUser: 1,
    unnamed: "some",
    refusals: { SOLD_OUT: "all" },
  },
  {
    ...coupons,
    name: "several",
    campaign: { prizes: [{ quota: 60 }, { quota: 100 }], limits: { perUser: 3 }, partitions: 2 },
    share: 2,
    perUser: 4,
    refusals: { SOLD_OUT: "all", USER_LIMIT_REACHED: "user" },
  },
  {
    ...coupons,
    name: "daily",
    campaign: { prizes: [{ quota: 1_000, dailyQuota: 80 }], limits: { perUserPerDay: 2 }, partitions: 2 },
    share: 2,
    perUser: 3,
    refusals: { DAILY_QUOTA_REACHED: "day", USER_LIMIT_REACHED: "day" },
  },
  {
    name: "instant",
    campaign: {
      mechanic: { case: "instantWin", value: {} },
      prizes: [
        { id: "big", quota: 5, oddsPpm: 50_000 },
        { id: "small", quota: 1_000, oddsPpm: 300_000 },
      ],
      limits: { perUserPerDay: 2 },
      partitions: 2,
    },
    share: 2,
    ...once,
    perUser: 3,
    refusals: { USER_LIMIT_REACHED: "day" },
    ask: askForDraws,
    listed: listDraws,
  },
  {
    name: "raffle",
    campaign: {
      mechanic: { case: "raffle", value: { tickets: 120 } },
      prizes: [{ quota: 3 }],
      limits: { perUser: 1 },
    },
    share: 2,
    ...once,
    perUser: 1,
    unnamed: "some",
    refusals: { SOLD_OUT: "all" },
    ask: askForTickets,
    listed: verifyTickets,
  },
];
