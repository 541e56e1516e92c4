import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { clientsOf } from "../../test/client.ts";
import { startAllot } from "../../test/servers/allot.ts";
import { type Bench, median } from "../result.ts";
import { generator, requestsPerSecond } from "./drive.ts";
import { startNothing } from "./nothing.ts";

const rounds = 5;
const seconds = 6;
const connections = 64;

/** What issuing costs beside what connect-node's adapter costs by itself: both flat out, in turns, by the same generator. */
export const flatOut: Bench = async (servers) => {
  console.log(`load by ${generator}`);
  const [allot, nothing] = await Promise.all([startAllot({ env: servers }), startNothing()]);
  try {
    const campaignId = "bench";
    await clientsOf(allot.url).campaigns.createCampaign({
      campaign: {
        id: campaignId,
        endTime: timestampFromMs(Date.now() + 86_400_000),
        prizes: [{ quota: 100_000_000 }],
        limits: { perUser: 1 },
      },
    });
    const rates: { nothing: number; issuing: number }[] = [];
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const options = { campaignId, connections, seconds };
      const turn = {
        nothing: await requestsPerSecond(nothing.url, options),
        issuing: await requestsPerSecond(allot.url, options),
      };
      if (round > 0) rates.push(turn);
      console.log(
        `round ${round}: nothing ${Math.round(turn.nothing)}/s, issuing ${Math.round(turn.issuing)}/s`,
      );
    }
    const ratios = rates.map((turn) => turn.issuing / turn.nothing);
    const ratio = median(ratios);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    return {
      settings: {
        generator,
        rounds,
        seconds,
        connections,
        protocol: "connect",
        encoding: "proto",
        httpVersion: "1.1",
        limit: 1,
      },
      lines: [
        {
          what: "issuing ÷ connect-node doing nothing",
          measured: `${ratio.toFixed(2)}, ${spread}`,
          bound: "at least 0.75",
          passed: ratio >= 0.75,
        },
      ],
      figures: { rates },
    };
  } finally {
    await Promise.all([allot.stop(), nothing.stop()]);
  }
};
