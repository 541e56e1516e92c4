import { type Drive, issueCouponPath } from "../generator/drive.ts";
import type { Line } from "../result.ts";
import type { Contender } from "../rounds/take-turns.ts";
import { audit, type Claimed } from "../stand/audit.ts";
import { Stand, type StandOptions, yardstickTurn } from "../stand/stand.ts";
import { startYardstick, type Yardstick } from "../yardsticks/start.ts";

/** The servers that take turns, all up at once, and what they were asked for. */
export class Field implements AsyncDisposable {
  readonly #open = new AsyncDisposableStack();
  readonly #claims = new Map<Stand, Map<string, Claimed>>();

  async yardstick(name: Yardstick, drive: Drive): Promise<Contender> {
    const server = this.#open.use(await startYardstick(name));
    const target = { url: server.url, campaignId: "yardstick" };
    return (seconds) => yardstickTurn(server, () => drive.run({ ...target, seconds }));
  }

  async stand(options?: StandOptions): Promise<Stand> {
    const stand = this.#open.use(await Stand.open(options));
    this.#claims.set(stand, new Map());
    return stand;
  }

  /** Issuing from a campaign of its own, drained as it goes; `perUser` is 0 where all requests are of one user. */
  async issuing(stand: Stand, campaignId: string, drive: Drive, perUser: 0 | 1 = 1): Promise<Contender> {
    await stand.createCampaign(campaignId, { perUser });
    return this.taking(stand, campaignId, drive, { path: issueCouponPath, oneEach: perUser === 1 });
  }

  /** Taking from a campaign that is there, by a method whose path it is. */
  taking(
    stand: Stand,
    campaignId: string,
    drive: Drive,
    { path, oneEach }: Pick<Claimed, "path" | "oneEach">,
  ): Contender {
    const { inBatches = false } = drive;
    const claim = { campaignId, path, acknowledged: 0, cutOff: 0, oneEach, inBatches };
    this.#claims.get(stand)!.set(campaignId, claim);
    return async (seconds) => {
      const target = { url: stand.url, campaignId, seconds };
      const turn = await stand.turn(
        () => drive.run(target),
        () => stand.drained(campaignId),
      );
      claim.acknowledged += turn.answers;
      claim.cutOff += drive.inFlight;
      return turn;
    };
  }

  /** Of everything that was issued on a stand. */
  audit(stand: Stand): Promise<Line> {
    return audit(stand, [...this.#claims.get(stand)!.values()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}
