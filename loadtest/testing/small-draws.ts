import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { InstantWin, prizeAt } from "../../src/draws/instant-win.ts";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { type Draw, type DrawRequest, DrawSchema, DrawService } from "../../src/gen/allot/v1/draw_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Tables } from "../audit/tables/tables.ts";
import type { Small } from "./small.ts";

/** Ways in which an instant win can be wrong; each must turn the audit red. */
export const drawFaults = [
  "rolls again when asked again",
  "forgets who asked",
  "loses a draw",
  "records another prize",
  "gives more than the quota",
  "gives more than the day's quota",
  "keeps prizes back",
  "lets users draw too often",
  "leaves a number out",
  "gives a coupon twice",
  "favours a prize",
  "shows another secret",
  "counts too much",
] as const;

export type DrawFault = (typeof drawFaults)[number];

const secret = Buffer.alloc(32, 5);
const sha256 = (of: string | Uint8Array) => createHash("sha256").update(of).digest();
const hashOf = (userId: string) => sha256(userId).subarray(0, 16);

interface Recorded {
  draw: Draw;
  drawn: string | undefined;
}

/** An instant win: honest unless it is given a fault, which every tenth request meets. */
export class SmallDraws implements Small {
  readonly #fault: DrawFault | undefined;
  readonly #rows: Recorded[] = [];
  readonly #byRequest = new Map<string, Draw>();
  readonly #numbers = new Map<string, number>();
  readonly #given = new Map<string, number>();
  #campaign!: Campaign;
  #requests = 0;
  /** Everything happens on one day. */
  #nowMs = 0;
  #over = false;

  constructor(fault?: DrawFault) {
    this.#fault = fault;
  }

  begin(campaign: Campaign): void {
    this.#campaign = campaign;
    this.#nowMs = Date.now();
  }

  end(): void {
    this.#over = true;
  }

  now(): Partial<Campaign> {
    const shown = this.#fault === "shows another secret" ? Buffer.alloc(32, 6) : secret;
    return {
      secretCommitment: sha256(secret),
      ...(this.#over && { revealedSecret: shown }),
    };
  }

  stats() {
    const won = this.#rows.filter(({ draw }) => draw.prizeId !== "");
    const prizes = this.#campaign.prizes.map(({ id, quota }) => {
      const issued = won.filter(({ draw }) => draw.prizeId === id).length;
      return { prizeId: id, issued, ...(quota !== undefined && { remaining: Math.max(0, quota - issued) }) };
    });
    const issued = won.length + (this.#fault === "counts too much" ? 1 : 0);
    return { issued, prizes, withoutPrize: this.#rows.length - won.length };
  }

  routes(router: ConnectRouter): void {
    router.service(DrawService, {
      draw: (request) => {
        const outcome = this.#draw(request);
        if (typeof outcome === "number") return { outcome: { case: "refusal", value: { reason: outcome } } };
        return { outcome: { case: "draw", value: outcome.draw }, replayed: outcome.replayed };
      },
      listDraws: () => ({ draws: this.#rows.map(({ draw }) => draw) }),
    });
  }

  tables(): Tables {
    const { prizes } = this.#campaign;
    const no = (id: string | undefined) => prizes.findIndex((prize) => prize.id === id);
    const rows = this.#rows.map(({ draw, drawn }) => ({
      user_id: draw.userId,
      user_hash: hashOf(draw.userId),
      number: draw.number,
      drawn_no: drawn === undefined ? null : no(drawn),
      prize_no: draw.prizeId === "" ? 65_535 : no(draw.prizeId),
      time_ms: Number(draw.drawTime!.seconds) * 1_000,
    }));
    return {
      async *each() {
        yield* rows;
      },
      close: async () => {},
    };
  }

  #now(fault: DrawFault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  #draw({ userId, requestId }: DrawRequest): { draw: Draw; replayed: boolean } | Reason {
    this.#requests++;
    const key = JSON.stringify([userId, requestId]);
    const known = requestId === "" ? undefined : this.#byRequest.get(key);
    if (known && this.#now("rolls again when asked again"))
      return { draw: { ...known, prizeId: known.prizeId === "" ? "common" : "" }, replayed: true };
    if (known) return { draw: known, replayed: true };
    const count = this.#numbers.get(userId) ?? 0;
    if (count >= this.#campaign.limits!.perUserPerDay && !this.#now("lets users draw too often"))
      return Reason.USER_LIMIT_REACHED;
    const number = count + (this.#now("leaves a number out") ? 2 : 1);
    this.#numbers.set(userId, number);

    const date = new Date(this.#nowMs).toISOString().slice(0, 10);
    const { id: campaignId, prizes } = this.#campaign;
    const ticket = new InstantWin(secret, campaignId).number(hashOf(userId), date, number);
    const favoured = this.#fault === "favours a prize" && this.#requests % 3 === 0;
    const drawn = favoured ? "common" : prizeAt(prizes, ticket)?.id;
    const prizeId = drawn === undefined ? "" : this.#give(drawn);
    const code = this.#now("gives a coupon twice") ? "C1" : `C${this.#requests}`;
    const draw = create(DrawSchema, {
      ...{ campaignId, userId, date, number, prizeId },
      ...(prizeId !== "" && { coupon: { code, campaignId, prizeId, userId } }),
      drawTime: timestampFromMs(this.#nowMs),
    });
    this.#byRequest.set(key, draw);
    const recorded =
      this.#now("records another prize") && prizeId !== "" ? { ...draw, prizeId: "daily" } : draw;
    if (!this.#now("loses a draw")) this.#rows.push({ draw: recorded, drawn });
    return {
      draw: this.#now("forgets who asked") ? { ...draw, userId: "somebody-else" } : draw,
      replayed: false,
    };
  }

  #give(id: string): string {
    const { quota = Number.POSITIVE_INFINITY, dailyQuota = Number.POSITIVE_INFINITY } =
      this.#campaign.prizes.find((prize) => prize.id === id)!;
    const given = this.#given.get(id) ?? 0;
    const most = quota + (this.#fault === "gives more than the quota" ? 3 : 0);
    const mostToday = dailyQuota + (this.#fault === "gives more than the day's quota" ? 3 : 0);
    if (given >= most || given >= mostToday || this.#now("keeps prizes back")) return "";
    this.#given.set(id, given + 1);
    return id;
  }
}
