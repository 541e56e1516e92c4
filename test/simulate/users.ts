import { type Campaign, stockOf } from "../../src/campaign/campaign.ts";
import type { IssueRequest } from "../../src/issuing/request.ts";
import type { Clients } from "./client.ts";
import type { World } from "./world.ts";

const quietTries = 40;
/** In the end so many ask at once. */
const crowd = 8;

/** Who takes part in a run, and what they ask for. */
export class Users {
  readonly #world: World;
  readonly #clients: Clients;
  readonly #campaigns: Campaign[];
  #requests = 0;

  constructor(world: World, clients: Clients, campaigns: Campaign[]) {
    this.#world = world;
    this.#clients = clients;
    this.#campaigns = campaigns;
  }

  start(untilMs: number): void {
    const { random } = this.#world;
    const users = random.between(3, 25);
    const thinkMs = random.between(50, 1_500);
    for (let u = 0; u < users; u++) void this.#user(`u${u}`, thinkMs, untilMs);
  }

  /** With nothing broken any more, strangers ask until nothing is left: then all of it must be gone. */
  async exhaust(): Promise<void> {
    for (const campaign of this.#campaigns) {
      const most = stockOf(campaign).reduce((sum, { quota }) => sum + quota!, 0) * 2 + 50;
      let asked = 0;
      let refused = false;
      while (!refused && asked < most) {
        const results = await Promise.all(
          Array.from({ length: crowd }, () => {
            const userId = `late${asked++}`;
            const request = this.#request(userId, "", `late${asked}`, `address ${asked}`);
            return this.#clients.ask(campaign.id, request, quietTries);
          }),
        );
        if (results.includes(undefined))
          this.#world.problem(`${campaign.id}: no answer though nothing is broken`);
        refused = results.some((result) => result?.kind === "refusal");
      }
    }
  }

  async #user(userId: string, thinkMs: number, untilMs: number): Promise<void> {
    const { clock, random } = this.#world;
    const { owner } = this.#clients;
    let last: { campaign: Campaign; request: IssueRequest } | undefined;
    for (;;) {
      await this.#world.sleep(owner, random.around(thinkMs));
      if (clock.nowMs >= untilMs) return;
      const campaign = random.pick(this.#campaigns);
      if (last && random.chance(0.3)) {
        await this.#clients.ask(last.campaign.id, last.request, random.between(1, 10));
        continue;
      }
      const anonymous = campaign.limits.perUser + campaign.limits.perUserPerDay === 0 && random.chance(0.3);
      const requestId = anonymous || random.chance(0.6) ? `r${this.#requests++}` : "";
      const prizeId =
        campaign.mechanic.kind === "first-come" && random.chance(0.2) ? random.pick(campaign.prizes).id : "";
      const request = this.#request(
        anonymous ? "" : userId,
        prizeId,
        requestId,
        `address ${random.between(0, 5)}`,
      );
      last = { campaign, request };
      // Some never look at what they get.
      if (random.chance(0.1)) void this.#clients.ask(campaign.id, request, 1);
      else await this.#clients.ask(campaign.id, request, requestId === "" ? 1 : random.between(1, 10));
    }
  }

  #request(userId: string, prizeId: string, requestId: string, address: string): IssueRequest {
    return { userId, prizeId, requestId, address };
  }
}
