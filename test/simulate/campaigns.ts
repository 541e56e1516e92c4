import type { CampaignDraft } from "../../src/campaign/draft.ts";
import type { PrizeDraft } from "../../src/campaign/prize-draft.ts";
import type { Random } from "./random.ts";

const dayMs = 86_400_000;

const prize = (id: string, quota: number, more: Partial<PrizeDraft> = {}): PrizeDraft => ({
  ...{ id, name: "", quota, dailyQuota: undefined, oddsPpm: 0, attributes: {} },
  ...more,
});

type Shape = Pick<CampaignDraft, "mechanic" | "prizes" | "limits" | "partitions">;

const unlimited = { perUser: 0, perUserPerDay: 0, perAddress: 0 };

/** The kinds of campaigns that a run may have; small, so that they sell out, run dry and have their serials recalled. */
const shapes: Record<string, (random: Random, partitions: number) => Shape> = {
  "one-each": (random, partitions) => ({
    mechanic: { kind: "first-come" },
    prizes: [prize("a", random.between(5, 40))],
    limits: { ...unlimited, perUser: 1 },
    partitions: random.between(1, partitions),
  }),
  free: (random, partitions) => ({
    mechanic: { kind: "first-come" },
    prizes: [prize("a", random.between(5, 30)), prize("b", random.between(5, 30))],
    limits: { ...unlimited, perUser: random.pick([0, 3]) },
    partitions: random.between(1, partitions),
  }),
  addressed: (random) => ({
    mechanic: { kind: "first-come" },
    prizes: [prize("a", random.between(5, 30))],
    limits: { ...unlimited, perAddress: random.between(1, 5) },
    partitions: 1,
  }),
  daily: (random, partitions) => ({
    mechanic: { kind: "first-come" },
    prizes: [prize("a", random.between(10, 40), { dailyQuota: random.between(3, 15) })],
    limits: { ...unlimited, perUserPerDay: random.between(1, 2) },
    partitions: random.between(1, partitions),
  }),
  draws: (random, partitions) => ({
    mechanic: { kind: "instant-win" },
    prizes: [
      prize("a", random.between(2, 10), { oddsPpm: 200_000 }),
      prize("b", random.between(5, 20), { oddsPpm: 300_000, dailyQuota: 5 }),
    ],
    limits: { ...unlimited, perUserPerDay: random.between(1, 3) },
    partitions: random.between(1, partitions),
  }),
  raffle: (random) => ({
    mechanic: { kind: "raffle", tickets: random.between(5, 30), autoDraw: false, requireEntropy: false },
    prizes: [prize("a", 1)],
    limits: { ...unlimited, perUser: random.between(1, 2) },
    partitions: 1,
  }),
};

/** The campaigns of a run, to be created at `nowMs`; `wrap` seals keys as the service does. */
export function drawCampaigns(
  random: Random,
  partitions: number,
  nowMs: number,
  wrap: (purpose: "draw" | "code-space", key: Buffer) => Buffer,
): CampaignDraft[] {
  const names = Object.keys(shapes).filter(() => random.chance(0.5));
  return (names.length > 0 ? names : ["one-each"]).map((id) => {
    const shape = shapes[id]!(random, partitions);
    const isDrawn = shape.mechanic.kind !== "first-come";
    const drawSecret = { commitment: Buffer.alloc(32), revealed: false };
    return {
      ...shape,
      ...{ id, name: "", timeZone: "Asia/Seoul", requireRegistration: false, couponExpiry: undefined },
      startMs: nowMs + random.between(-2_000, 3_000),
      endMs: nowMs + 2 * dayMs,
      drawSecret: isDrawn ? { ...drawSecret, wrapped: wrap("draw", random.bytes(32)) } : undefined,
      format: { alphabet: "0123456789", length: 8, prefix: "" },
      allowGuessable: true,
      wrappedKey: wrap("code-space", random.bytes(32)),
      nowMs,
    };
  });
}
