import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Clients, clientsOf } from "../client.ts";
import { Random } from "../simulate/random.ts";
import { audit } from "./audit/audit.ts";
import type { Fault } from "./fault.ts";
import { isPassing, Load } from "./load/load.ts";
import type { Campaign, Sale } from "./load/sale.ts";
import { sales } from "./load/sales.ts";
import type { Stand } from "./stand.ts";

export interface Struck {
  fault: Fault;
  did: string;
  /** From the moment when nothing broke any more until every server had issued again, and the ledger had what was acknowledged by then. */
  recoveryMs: number;
}

export interface RoundResult {
  struck: Struck[];
  acknowledged: number;
  calls: number;
  errors: Map<string, number>;
  /** Processes that ended by themselves. */
  ended: string[];
  violations: string[];
}

const width = 20;
const warmUpMs = 700;
const recoveryPatienceMs = 40_000;
/** Answers that are asked for once more when all is quiet. */
const askedAgain = 150;
const hourMs = 3_600_000;

/** One round: campaigns of its own, load, faults one after the other, then everybody stops and the audit decides. */
export async function playRound(stand: Stand, seed: number, faults: Fault[]): Promise<RoundResult> {
  const random = new Random(seed);
  const load = new Load(
    stand.servers.map(({ url }) => url),
    random.fork(),
  );
  // Past the doors, so that what is about the service as a whole is not what a fault on the way hits.
  const clients = clientsOf(stand.servers[0]!.process.url);
  const campaigns = await Promise.all(sales.map((sale) => open(stand, clients, sale)));
  const { history } = load;
  const struck: Struck[] = [];
  const ended: string[] = [];
  load.start(campaigns, width);
  try {
    await delay(warmUpMs);
    for (const fault of faults) {
      const choices = random.fork();
      // Something that is new in the middle of it, and runs out.
      const opened = open(stand, clientsOf(choices.pick(stand.servers).url), choices.pick(sales.slice(1)));
      const { did, heal } = await fault.inject(stand, choices);
      const healedMs = performance.now();
      await heal();
      campaigns.push(await opened);
      const recoveryMs = await recover(stand, load, campaigns[0]!, healedMs, ended);
      struck.push({ fault, did, recoveryMs: recoveryMs ?? recoveryPatienceMs });
      if (recoveryMs === undefined) {
        history.violation(`${fault.name}: no recovery within ${recoveryPatienceMs} ms`);
        break;
      }
      await delay(random.between(0, 500));
    }
  } finally {
    await load.stop();
  }
  ended.push(...(await stand.revive()));
  const doubtful = history.told.filter((one) => one.unanswered > 0 && "refused" in one.answer);
  const some = Array.from({ length: Math.min(askedAgain, history.told.length) }, () =>
    random.pick(history.told),
  );
  await load.askAgain([...doubtful, ...some], width);
  const violations = await audit(stand, campaigns, history, clients);
  if (violations.length > 0) await keep(stand, seed, struck, violations, load);
  await Promise.all(campaigns.map(({ id }) => clients.campaigns.endCampaign({ campaignId: id })));
  return {
    ...{ struck, ended, violations },
    ...{ acknowledged: history.acknowledged, calls: history.calls, errors: history.errors },
  };
}

/** Makes a campaign, again until it is made: the same request id, the same campaign. */
async function open({ kind }: Stand, clients: Clients, sale: Sale): Promise<Campaign> {
  const id = `${sale.name}-${randomUUID().slice(0, 8)}`;
  // Far from midnight, so that jumps of an hour stay within a day: what midnight does has tests of its own.
  const timeZone = `Etc/GMT${signed(new Date().getUTCHours() - 12)}`;
  const startTime = timestampFromMs(Date.now() - 3 * hourMs);
  const endTime = timestampFromMs(Date.now() + 48 * hourMs);
  const campaign = { ...sale.campaign, id, timeZone, startTime, endTime };
  // Embedded there is one partition.
  const request = { campaign: { ...campaign, ...(kind === "embedded" && { partitions: 1 }) }, requestId: id };
  for (let tries = 0; ; tries++) {
    try {
      await clients.campaigns.createCampaign(request, { timeoutMs: 2_500 });
      return { id, sale, made: 0 };
    } catch (error) {
      if (!isPassing(error) || tries > 300) throw error;
      await delay(100);
    }
  }
}

/** Zones of this family count westwards, so at 20 hours UTC it is noon in the one called +8. */
const signed = (hours: number): string => (hours === 0 ? "" : hours > 0 ? `+${hours}` : `${hours}`);

/** Waits until all is as before, as seen in a campaign that is never sold out; undefined: it is not, in time. */
async function recover(
  stand: Stand,
  load: Load,
  steady: Campaign,
  sinceMs: number,
  ended: string[],
): Promise<number | undefined> {
  const acknowledged = load.history.acknowledgedIn(steady);
  for (;;) {
    const nowMs = performance.now();
    if (nowMs > sinceMs + recoveryPatienceMs) return undefined;
    const recorded = stand.ledger ? await stand.ledger.recorded(steady.id).catch(() => 0) : acknowledged;
    if (load.haveIssuedSince(sinceMs) && recorded >= acknowledged) return performance.now() - sinceMs;
    ended.push(...(await stand.revive()));
    await delay(20);
  }
}

/** What everybody was told, beside the data of the processes. */
async function keep(
  stand: Stand,
  seed: number,
  struck: Struck[],
  violations: string[],
  load: Load,
): Promise<void> {
  const told = load.history.told.map(({ campaign, ...one }) => ({ campaign: campaign.id, ...one }));
  const faults = struck.map(({ fault, did, recoveryMs }) => ({ fault: fault.name, did, recoveryMs }));
  const text = JSON.stringify({ seed, faults, violations, told }, undefined, 1);
  await writeFile(join(stand.dir, "round.json"), text);
}
