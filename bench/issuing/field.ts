import { drive } from "../generator/http1.ts";
import type { ContentType, Load } from "../generator/load.ts";
import type { Line } from "../result.ts";
import type { Contender } from "../rounds/take-turns.ts";
import { audit, type Claimed } from "../stand/audit.ts";
import { Stand, type StandOptions, yardstickTurn } from "../stand/stand.ts";
import { startYardstick, type Yardstick } from "../yardsticks/start.ts";

type Shape = Pick<Load, "connections" | "contentType">;

/** The servers that take turns over HTTP/1.1, all up at once, and what they were asked for. */
export class Field implements AsyncDisposable {
  readonly #shape: Shape;
  readonly #open = new AsyncDisposableStack();
  readonly #claims = new Map<Stand, Map<string, Claimed>>();
  #turns = 0;

  constructor(connections: number, contentType: ContentType = "application/proto") {
    this.#shape = { connections, contentType };
  }

  async yardstick(name: Yardstick, contentType = this.#shape.contentType): Promise<Contender> {
    const server = this.#open.use(await startYardstick(name));
    const load = { ...this.#shape, contentType, url: server.url, campaignId: "yardstick" };
    return (seconds) => yardstickTurn(server, () => drive({ ...load, seconds }));
  }

  async stand(options?: StandOptions): Promise<Stand> {
    const stand = this.#open.use(await Stand.open(options));
    this.#claims.set(stand, new Map());
    return stand;
  }

  /** Issuing from a campaign of its own, drained as it goes. */
  async issuing(stand: Stand, id: string, contentType = this.#shape.contentType): Promise<Contender> {
    const campaignId = await stand.createCampaign(id);
    const claim = { campaignId, acknowledged: 0 };
    this.#claims.get(stand)!.set(id, claim);
    return async (seconds) => {
      const load = { ...this.#shape, contentType, url: stand.url, campaignId, seconds };
      const turn = await stand.turn(campaignId, () => drive(load));
      claim.acknowledged += turn.answers;
      this.#turns++;
      return turn;
    };
  }

  /** Of everything that was issued on a stand. */
  audit(stand: Stand): Promise<Line> {
    return audit(stand, [...this.#claims.get(stand)!.values()], this.#turns * this.#shape.connections);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}
