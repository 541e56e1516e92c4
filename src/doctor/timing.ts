import { bad, ok, type Rule, warn } from "./finding.ts";

export interface Timing {
  /** Median. */
  roundTripMs: number;
  /** How far the server's clock is ahead of this machine's; negative: behind. Uncertain by half a round trip. */
  clockAheadMs: number;
}

const samples = 9;
const slowMs = 5;
const apartMs = 1_000;
const farApartMs = 30_000;

/** Asks a server for its time, in ms since 1970, a few times. */
export async function measureTiming(askTimeMs: () => Promise<number>): Promise<Timing> {
  const measured: Timing[] = [];
  for (let i = 0; i < samples; i++) {
    const startedMs = performance.now();
    const theirsMs = await askTimeMs();
    const roundTripMs = performance.now() - startedMs;
    measured.push({ roundTripMs, clockAheadMs: theirsMs - (Date.now() - roundTripMs / 2) });
  }
  measured.sort((a, b) => a.roundTripMs - b.roundTripMs);
  // The shortest round trip leaves the least doubt about when the server looked at its clock.
  return {
    roundTripMs: measured[samples >> 1]!.roundTripMs,
    clockAheadMs: Math.round(measured[0]!.clockAheadMs),
  };
}

/** `whyRoundTrip` says what waits for the server, `whyClock` what goes by its clock. */
export function timingRules(whyRoundTrip: string, whyClock: string): Rule<{ timing: Timing }>[] {
  return [
    {
      check: "round trip",
      why: whyRoundTrip,
      judge({ timing: { roundTripMs } }) {
        const found = `${roundTripMs.toFixed(2)} ms`;
        return roundTripMs < slowMs
          ? ok(found)
          : warn(
              found,
              "Run Allot in the same data centre, and look for what else loads the network or the server.",
            );
      },
    },
    {
      check: "clock",
      why: whyClock,
      judge({ timing: { clockAheadMs } }) {
        const apart = Math.abs(clockAheadMs);
        if (apart < apartMs) return ok("the same as this machine's");
        const found = `${(apart / 1000).toFixed(1)} s ${clockAheadMs > 0 ? "ahead of" : "behind"} this machine's`;
        const level = apart < farApartMs ? warn : bad;
        return level(
          found,
          "Let chrony or systemd-timesyncd keep both clocks, slowly (slewing), never by a jump.",
        );
      },
    },
  ];
}
