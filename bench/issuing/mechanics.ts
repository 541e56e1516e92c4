import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import { takingPaths } from "../generator/drive.ts";
import { http1Generator, overHttp1 } from "../generator/http1.ts";
import { atMost } from "../line.ts";
import type { Benchmark, Line } from "../result.ts";
import { type Contender, cpuRatios, ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const crowds = [64, 256] as const;
const seconds = 3;
const processes = ["server", "redis", "database"];
const limit = 1.5;
const tickets = 100_000_000;

type Way = keyof typeof takingPaths;

/** Each with enough for everybody, and the limit per user that it has by itself. */
const campaigns: Record<Way, MessageInitShape<typeof CampaignSchema>> = {
  issue: { prizes: [{ quota: tickets }], limits: { perUser: 1 } },
  draw: {
    mechanic: { case: "instantWin", value: {} },
    prizes: [{ oddsPpm: 1_000, quota: tickets }, { oddsPpm: 100_000 }],
  },
  ticket: { mechanic: { case: "raffle", value: { tickets } }, prizes: [{ quota: 1_000 }] },
  ballot: { mechanic: { case: "lottery", value: {} }, prizes: [{ quota: 10 }] },
};

const names: Record<Way, string> = {
  issue: "IssueCoupon",
  draw: "Draw",
  ticket: "ClaimTicket",
  ballot: "SubmitBallot",
};

/** What the other ways of giving something out cost beside IssueCoupon, on one server. */
export const mechanics: Benchmark = {
  title: "Draw, ClaimTicket and SubmitBallot beside IssueCoupon",
  about:
    "On one server, over HTTP/1.1 in protobuf, 64 and 256 connections, a new user with every request, drained as it goes. A tenth of the draws wins.",
  async run({ rounds }) {
    await using field = new Field();
    const stand = await field.stand();
    const ways = Object.keys(takingPaths) as Way[];
    const contenders: Record<string, Contender> = {};
    for (const connections of crowds)
      for (const way of ways) {
        const campaignId = await stand.createCampaignOf(`${way}-${connections}`, campaigns[way]);
        const path = takingPaths[way];
        const drive = overHttp1(connections, "application/proto", path);
        contenders[`${way} ${connections}`] = field.taking(stand, campaignId, drive, { path, oneEach: true });
      }
    const turns = await takeTurns(contenders, { rounds, seconds });
    const lines = crowds.flatMap((connections) =>
      ways
        .filter((way) => way !== "issue")
        .flatMap((way): Line[] => {
          const issue = turns[`issue ${connections}`]!;
          const other = turns[`${way} ${connections}`]!;
          const what = `${names[way]} ÷ ${names.issue}, ${connections} connections`;
          return [
            atMost(`time a request, ${what}`, ratios(issue, other), limit),
            atMost(`CPU a request, ${what}`, cpuRatios(other, issue, processes), limit),
          ];
        }),
    );
    return {
      settings: { generator: http1Generator, rounds, seconds, connections: crowds.join(" and ") },
      lines: [...lines, await field.audit(stand)],
      contenders: turns,
      yardstick: "issue 64",
      figures: {},
    };
  },
};
