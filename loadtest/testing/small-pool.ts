import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { PrizeSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import {
  type AssignCodeRequest,
  CodePoolService,
  type DeleteCodeRequest,
  type PoolCode,
  PoolCodeSchema,
  PoolCode_State as State,
} from "../../src/gen/allot/v1/code_pool_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Small } from "./small.ts";

/** Ways in which a code pool can be wrong; each must turn the audit red. */
export const poolFaults = [
  "generates too few",
  "generates a code twice",
  "loses an assignment",
  "assigns a code twice",
  "assigns a deleted code",
  "gives another code when asked again",
  "gives users two codes",
  "stops short",
  "deletes a code that somebody has",
  "keeps a deleted code",
  "forgets that it deleted",
  "counts too much",
] as const;

export type PoolFault = (typeof poolFaults)[number];

const refused = (reason: Reason) => ({ outcome: { case: "refusal" as const, value: { reason } } });

/** A code pool: honest unless it is given a fault, which every tenth request meets. */
export class SmallPool implements Small {
  readonly #fault: PoolFault | undefined;
  readonly #codes: PoolCode[] = [];
  readonly #byUser = new Map<string, PoolCode>();
  readonly #deleted = new Set<string>();
  #campaign!: Campaign;
  #requests = 0;
  #deletions = 0;

  constructor(fault?: PoolFault) {
    this.#fault = fault;
  }

  begin(campaign: Campaign): void {
    this.#campaign = campaign;
  }

  now(): Partial<Campaign> {
    const quota = this.#codes.length - this.#deleted.size;
    return { prizes: [create(PrizeSchema, { id: "code", quota })] };
  }

  stats() {
    const issued = this.#count(State.ASSIGNED) + (this.#fault === "counts too much" ? 1 : 0);
    const remaining = Math.max(0, this.#codes.length - this.#deleted.size - issued);
    return { issued, remaining, prizes: [{ prizeId: "code", issued, remaining }] };
  }

  routes(router: ConnectRouter): void {
    const fault = this.#fault;
    const codes = this.#codes;
    const campaignId = () => this.#campaign.id;
    router.service(CodePoolService, {
      async *generateCodes({ count }) {
        const made = fault === "generates too few" ? count - 1 : count;
        for (let i = 0; i < made; i++) {
          const code = fault === "generates a code twice" && i === 1 ? "C0" : `C${i}`;
          codes.push(create(PoolCodeSchema, { code, campaignId: campaignId(), state: State.FREE }));
        }
        yield { generated: count, count };
      },
      assignCode: (request) => this.#assign(request),
      deleteCode: (request) => this.#delete(request),
      listCodes: ({ states }) => ({
        codes: codes.filter(({ state }) => states.length === 0 || states.includes(state)),
      }),
    });
  }

  #count(wanted: State): number {
    return this.#codes.filter(({ state }) => state === wanted).length;
  }

  #now(fault: PoolFault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  #assign({ userId }: AssignCodeRequest) {
    this.#requests++;
    const known = this.#byUser.get(userId);
    if (known && this.#now("gives another code when asked again"))
      return this.#told({ ...known, code: "C1" }, true);
    if (known && !this.#now("gives users two codes")) return this.#told(known, true);
    if (this.#now("assigns a deleted code")) {
      const code = this.#codes.find(({ state }) => state === State.DELETED);
      if (code) return this.#told({ ...code, userId }, false);
    }
    if (this.#now("assigns a code twice")) {
      const code = this.#codes.find(({ state }) => state === State.ASSIGNED);
      if (code) return this.#told({ ...code, userId }, false);
    }
    const left = this.#fault === "stops short" ? 3 : 0;
    const free = this.#codes.filter(({ state }) => state === State.FREE);
    if (free.length <= left) return refused(Reason.SOLD_OUT);
    const code = free[0]!;
    this.#byUser.set(userId, code);
    if (this.#now("loses an assignment")) return this.#told({ ...code, userId }, false);
    Object.assign(code, { state: State.ASSIGNED, userId, assignTime: timestampFromMs(Date.now()) });
    return this.#told(code, false);
  }

  #told({ code, userId, campaignId }: PoolCode, replayed: boolean) {
    return {
      outcome: { case: "coupon" as const, value: { code, userId, campaignId, prizeId: "code" } },
      replayed,
    };
  }

  #delete({ code: text }: DeleteCodeRequest) {
    const code = this.#codes.find((one) => one.code === text)!;
    const isRepeated = this.#deleted.has(text);
    if (isRepeated && this.#fault === "forgets that it deleted") return refused(Reason.COUPON_REVOKED);
    if (isRepeated) return { outcome: { case: "code" as const, value: code } };
    const takesAny = this.#fault === "deletes a code that somebody has" && ++this.#deletions > 1;
    if (code.state !== State.FREE && !takesAny) return refused(Reason.ASSIGNED);
    this.#deleted.add(text);
    if (this.#fault !== "keeps a deleted code") code.state = State.DELETED;
    return { outcome: { case: "code" as const, value: code } };
  }
}
