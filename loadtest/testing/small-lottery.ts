import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { pickWinners, winnersSeed } from "../../src/draws/winners.ts";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import {
  type Ballot,
  BallotSchema,
  LotteryService,
  type Round,
  RoundSchema,
  Round_State as State,
  type SubmitBallotRequest,
} from "../../src/gen/allot/v1/lottery_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import type { Small } from "./small.ts";

/** Ways in which a lottery can be wrong; each must turn the audit red. */
export const lotteryFaults = [
  "loses a ballot",
  "leaves a ballot out of the draw",
  "takes too many from a user",
  "gives two ballots one number",
  "gives another ballot when asked again",
  "closes before its time",
  "draws again",
  "takes a ballot after the draw",
  "draws too few winners",
  "lets a ballot win twice",
  "names another winner",
  "picks winners by hand",
  "shows another secret",
] as const;

export type LotteryFault = (typeof lotteryFaults)[number];

const secret = Buffer.alloc(32, 5);
const digest = Buffer.alloc(32, 7);
const date = "2026-11-20";
const sha256 = (of: Uint8Array) => createHash("sha256").update(of).digest();
const refused = (reason: Reason) => ({ outcome: { case: "refusal" as const, value: { reason } } });

/** A lottery of one round: honest unless it is given a fault, which every tenth request meets. */
export class SmallLottery implements Small {
  readonly #fault: LotteryFault | undefined;
  readonly #ballots: Ballot[] = [];
  readonly #byRequest = new Map<string, Ballot>();
  readonly #numbers = new Map<string, number>();
  #campaign!: Campaign;
  #nowMs = 0;
  #requests = 0;
  #winners: Ballot[] | undefined;

  constructor(fault?: LotteryFault) {
    this.#fault = fault;
  }

  begin(campaign: Campaign): void {
    this.#campaign = campaign;
    this.#nowMs = Date.now();
  }

  end(): void {
    const { id, prizes } = this.#campaign;
    const seed = winnersSeed(secret, id, date, digest, new Uint8Array());
    const won = prizes.flatMap(({ id: prizeId, quota = 0 }) => Array<string>(quota).fill(prizeId));
    const picked = pickWinners(seed, this.#ballots.length, won.length);
    if (this.#fault === "lets a ballot win twice") picked[1] = picked[0]!;
    if (this.#fault === "picks winners by hand") picked.reverse();
    if (this.#fault === "draws too few winners") picked.pop();
    this.#winners = picked.map((place, i) => ({ ...this.#ballots[place]!, prizeId: won[i]! }));
    if (this.#fault === "names another winner") this.#winners[0]!.userId = "somebody-else";
  }

  stats() {
    return { withoutPrize: this.#ballots.length };
  }

  routes(router: ConnectRouter): void {
    router.service(LotteryService, {
      submitBallot: (request) => this.#submit(request),
      closeRound: () => {
        const isDrawn = this.#winners !== undefined;
        if (isDrawn && this.#fault !== "draws again") return refused(Reason.ALREADY_DRAWN);
        if (isDrawn || this.#fault === "closes before its time")
          return { outcome: { case: "round", value: this.#round() } };
        throw new ConnectError("not over", Code.FailedPrecondition, undefined, [
          { desc: ErrorInfoSchema, value: { reason: "ROUND_OPEN", domain: "allot" } },
        ]);
      },
      getRound: () => ({ round: this.#round() }),
      listRounds: () => ({ rounds: [this.#round()] }),
      listBallots: () => ({ ballots: this.#ballots }),
    });
  }

  #round(): Round {
    const shown = this.#fault === "shows another secret" ? Buffer.alloc(32, 6) : secret;
    const left = this.#fault === "leaves a ballot out of the draw" ? 1 : 0;
    return create(RoundSchema, {
      ...{ campaignId: this.#campaign.id, date, secretCommitment: sha256(secret) },
      endTime: timestampFromMs(this.#nowMs + 60_000),
      state: this.#winners ? State.DRAWN : State.OPEN,
      ...(this.#winners && {
        ...{ winners: this.#winners, revealedSecret: shown, digest },
        ballots: this.#ballots.length - left,
      }),
    });
  }

  #now(fault: LotteryFault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  #submit({ userId, requestId }: SubmitBallotRequest) {
    this.#requests++;
    const key = JSON.stringify([userId, requestId]);
    const known = requestId === "" ? undefined : this.#byRequest.get(key);
    if (known && this.#now("gives another ballot when asked again"))
      return told({ ...known, id: "B1" }, true);
    if (known) return told(known, true);
    if (this.#winners && this.#fault !== "takes a ballot after the draw") return refused(Reason.ENDED);
    const count = this.#numbers.get(userId) ?? 0;
    if (count >= this.#campaign.limits!.perUserPerDay && !this.#now("takes too many from a user"))
      return refused(Reason.USER_LIMIT_REACHED);
    const number = Math.max(1, count + (this.#now("gives two ballots one number") ? 0 : 1));
    this.#numbers.set(userId, Math.max(count + 1, number));
    const ballot = create(BallotSchema, {
      ...{ id: `B${this.#requests}`, campaignId: this.#campaign.id, date, userId, number },
      submitTime: timestampFromMs(this.#nowMs),
    });
    this.#byRequest.set(key, ballot);
    if (!this.#now("loses a ballot")) this.#ballots.push(ballot);
    return told(ballot, false);
  }
}

const told = (ballot: Ballot, replayed: boolean) => ({
  outcome: { case: "ballot" as const, value: ballot },
  replayed,
});
