import { overHttp1 } from "../generator/http1.ts";
import { must } from "../line.ts";
import type { Line } from "../result.ts";
import { ClusterStand, type ScaleTurn } from "./cluster-stand.ts";
import { pacedOverHttp1 } from "./paced-wrk.ts";

export const partitions = 48;
export const mostConnections = 256;
/** For each master, and for each worker: well below what these cores can do with three of them. */
export const pacedPerSecond = 3_000;

interface Contender {
  masters: number;
  workers: number;
  /** Its campaign's partitions, of those that all stands have. */
  spread: number;
  /** Absent: flat out over so many connections. */
  perSecond?: number;
  connections?: number;
}

/**
 * Who takes turns. At a fixed rate a master has the same to do however many there are, so a coupon must cost the same; so must a worker's.
 * Flat out the same cores must bring no less with more masters. One partition makes for large batches; many and few connections for small ones,
 * a lot of them at once, as Redis sees them where there are many servers.
 */
const contenders = {
  "1 master": { masters: 1, workers: 1, spread: 12 },
  "2 masters": { masters: 2, workers: 1, spread: 12 },
  "3 masters": { masters: 3, workers: 1, spread: 12 },
  "2 workers": { masters: 1, workers: 2, spread: 12 },
  "large batches": { masters: 1, workers: 1, spread: 1 },
  "small batches": { masters: 1, workers: 1, spread: partitions, connections: 96 },
  "1 master, paced": { masters: 1, workers: 1, spread: 4, perSecond: pacedPerSecond },
  "2 masters, paced": { masters: 2, workers: 1, spread: 8, perSecond: 2 * pacedPerSecond },
  "3 masters, paced": { masters: 3, workers: 1, spread: 12, perSecond: 3 * pacedPerSecond },
  "2 workers, paced": { masters: 1, workers: 2, spread: 4, perSecond: 2 * pacedPerSecond },
} satisfies Record<string, Contender>;

export type Name = keyof typeof contenders;

export const names = Object.keys(contenders) as Name[];

export const campaignOf = (name: Name) => name.replaceAll(/[ ,]+/g, "-");

interface Claim {
  acknowledged: number;
  cutOff: number;
}

/** The servers that take turns, all up at once, and what was asked of them. */
export class ScaleField implements AsyncDisposable {
  readonly #open = new AsyncDisposableStack();
  readonly #stands = new Map<string, ClusterStand>();
  readonly #claims = new Map<ClusterStand, Claim>();

  static async open(): Promise<ScaleField> {
    const field = new ScaleField();
    for (const name of names) {
      const { masters, workers, spread } = contenders[name];
      const key = sizeOf(name);
      if (!field.#stands.has(key)) {
        const stand = field.#open.use(await ClusterStand.open({ masters, workers, partitions }));
        field.#stands.set(key, stand);
        field.#claims.set(stand, { acknowledged: 0, cutOff: 0 });
      }
      await field.stand(name).createCampaign(campaignOf(name), spread);
    }
    return field;
  }

  stand(name: Name): ClusterStand {
    return this.#stands.get(sizeOf(name))!;
  }

  async issue(name: Name, seconds: number, afterLoad?: () => Promise<void>): Promise<ScaleTurn> {
    const { perSecond, connections = mostConnections }: Contender = contenders[name];
    const drive = perSecond === undefined ? overHttp1(connections) : pacedOverHttp1(perSecond);
    const turn = await this.stand(name).turn(drive, campaignOf(name), seconds, afterLoad);
    this.acknowledge(name, turn.issued);
    this.#claims.get(this.stand(name))!.cutOff += drive.inFlight;
    return turn;
  }

  /** Coupons that were answered. */
  acknowledge(name: Name, coupons: number): void {
    this.#claims.get(this.stand(name))!.acknowledged += coupons;
  }

  /** Of everything that was issued: all that was acknowledged is in the ledger, no serial is twice, and nobody has two of a campaign. */
  async audit(): Promise<Line[]> {
    const lines: Line[] = [];
    for (const [size, stand] of this.#stands) {
      const { acknowledged, cutOff } = this.#claims.get(stand)!;
      const { rows, serials, users } = await stand.rows();
      const isExact = serials === rows && users === rows;
      const passed = isExact && rows >= acknowledged && rows <= acknowledged + cutOff;
      const counted = `${acknowledged} acknowledged, ${rows} rows, ${serials} serials, ${users} users (at most ${cutOff} cut off)`;
      const word = passed ? "PASS" : "FAIL";
      lines.push(must(`audit of everything issued, ${size}`, `${word}: ${counted}`, "PASS", passed));
    }
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

const sizeOf = (name: Name) => {
  const { masters, workers } = contenders[name];
  return `${masters} ${masters === 1 ? "master" : "masters"} and ${workers} ${workers === 1 ? "worker" : "workers"}`;
};
