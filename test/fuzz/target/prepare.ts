import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { CampaignSchema, CampaignService } from "../../../src/gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../../../src/gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../../../src/gen/allot/v1/coupon_pb.js";
import { DrawService } from "../../../src/gen/allot/v1/draw_pb.js";
import { LotteryService } from "../../../src/gen/allot/v1/lottery_pb.js";
import { ParticipantService } from "../../../src/gen/allot/v1/participant_pb.js";
import { RaffleService } from "../../../src/gen/allot/v1/raffle_pb.js";
import { Known } from "../grammar/known.ts";

const dayMs = 86_400_000;
/** How many of each kind: what is generated ends, deletes and exhausts them. */
const ofEachKind = 3;
/** Nothing generated knows this one; its figures must come to what was asked for it. */
export const probeId = "probe-0f6b1d2c9a";

export function clientsOf(url: string, key: string) {
  const withKey: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${key}`);
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: "1.1",
    defaultTimeoutMs: 15_000,
    interceptors: [withKey],
  });
  return {
    campaigns: createClient(CampaignService, transport),
    coupons: createClient(CouponService, transport),
    pools: createClient(CodePoolService, transport),
    draws: createClient(DrawService, transport),
    lotteries: createClient(LotteryService, transport),
    raffles: createClient(RaffleService, transport),
    people: createClient(ParticipantService, transport),
  };
}

/** Campaigns of every mechanic and in every state, with people who have taken part, so that inputs get past the first look-up. */
export async function prepare(url: string, key: string): Promise<Known> {
  const { campaigns, coupons, pools, draws, lotteries, raffles, people } = clientsOf(url, key);
  const known = new Known();
  const startTime = timestampFromMs(Date.now() - 3 * dayMs);
  const endTime = timestampFromMs(Date.now() + 3_650 * dayMs);
  const window = { startTime, endTime };
  const learn = (value: object) => known.learn(JSON.parse(JSON.stringify(value, plain)) as JsonValue);

  for (let copy = 0; copy < ofEachKind; copy++) {
    const kinds = {
      open: { ...window, prizes: [{ id: "p1", quota: 100_000 }, { id: "p2" }] },
      once: { ...window, prizes: [{ quota: 5_000 }], limits: { perUser: 1 } },
      scarce: { ...window, prizes: [{ quota: 5 }], limits: { perUser: 2, perAddress: 3 } },
      daily: { ...window, prizes: [{ quota: 900, dailyQuota: 10 }], limits: { perUserPerDay: 2 } },
      known: { ...window, prizes: [{ quota: 100 }], requireRegistration: true },
      short: {
        ...window,
        prizes: [{ quota: 100 }],
        codeFormat: { alphabet: "0123456789", length: 4, prefix: `S${copy}`, allowGuessable: true },
      },
      later: { startTime: timestampFromMs(Date.now() + dayMs), endTime, prizes: [{ quota: 9 }] },
      paused: { ...window, prizes: [{ quota: 9 }] },
      over: { ...window, prizes: [{ quota: 9 }] },
      draw: {
        ...window,
        mechanic: { case: "instantWin" as const, value: {} },
        prizes: [
          { quota: 500, oddsPpm: 300_000 },
          { quota: 3, oddsPpm: 300_000 },
        ],
        limits: { perUserPerDay: 100 },
      },
      raffle: {
        ...window,
        mechanic: { case: "raffle" as const, value: { tickets: 50 } },
        prizes: [{ quota: 2 }, { quota: 5 }],
        limits: { perUser: 3 },
      },
      drawn: {
        ...window,
        mechanic: { case: "raffle" as const, value: { tickets: 2 } },
        prizes: [{ quota: 1 }],
      },
      lottery: {
        ...window,
        mechanic: { case: "lottery" as const, value: {} },
        prizes: [{ quota: 3 }],
        limits: { perUserPerDay: 5 },
      },
      pool: { ...window, mechanic: { case: "codePool" as const, value: {} }, prizes: [] },
      brought: { ...window, mechanic: { case: "codePool" as const, value: { imported: true } }, prizes: [] },
    };
    for (const [kind, campaign] of Object.entries(kinds)) {
      const id = `${kind}-${copy}`;
      const made = await campaigns.createCampaign({ campaign: { id, ...campaign } });
      known.add("campaignId", id);
      known.add("id", id);
      known.add("revision", String(made.campaign!.revision));
      learn(toJson(CampaignSchema, made.campaign!) as object);
    }
    const of = (kind: string) => ({ campaignId: `${kind}-${copy}` });
    await campaigns.pauseCampaign(of("paused"));
    for await (const told of pools.generateCodes({ ...of("pool"), count: 50, requestId: `made-${copy}` }))
      learn(told);
    for (const chunk of [0, 1]) {
      const codes = Array.from({ length: 20 }, (_, at) => `BROUGHT-${copy}-${chunk}-${at}`);
      await pools.importCodes({ ...of("brought"), uploadId: "file", chunk, codes, chunks: chunk * 2 });
    }
    for (let user = 0; user < 4; user++) {
      const userId = `user-${user}`;
      const requestId = `requestId-${user}`;
      learn(await people.registerParticipant({ userId, phoneNumber: `+8210123456${copy}${user}` }));
      for (const kind of ["open", "once", "scarce", "daily", "known", "short", "over"]) {
        learn(await coupons.issueCoupon({ ...of(kind), userId, requestId }));
      }
      learn(await draws.draw({ ...of("draw"), userId, requestId }));
      for (const kind of ["raffle", "drawn"])
        learn(await raffles.claimTicket({ ...of(kind), userId, requestId }));
      learn(await lotteries.submitBallot({ ...of("lottery"), userId, requestId }));
      for (const kind of ["pool", "brought"])
        learn(await pools.assignCode({ ...of(kind), userId, requestId }));
    }
    await campaigns.endCampaign(of("over"));
    await raffles.drawWinners(of("drawn"));
    for (const page of [
      await coupons.listCoupons({ ...of("open"), pageSize: 1 }),
      await draws.listDraws({ ...of("draw"), pageSize: 1 }),
      await pools.listCodes({ ...of("pool"), pageSize: 1 }),
      await lotteries.listRounds({ ...of("lottery"), pageSize: 1 }),
      await campaigns.listCampaigns({ pageSize: 1 }),
      await people.listParticipants({ pageSize: 1 }),
    ]) {
      learn(page);
    }
  }
  await campaigns.createCampaign({ campaign: { id: probeId, ...window, prizes: [{}] } });
  return known;
}

/** Messages as they are; numbers of 64 bits as text. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? undefined : value;
}
