import type { Campaign } from "../../src/campaign/campaign.ts";
import type { CampaignChange } from "../../src/campaign/change.ts";
import { keyedHash } from "../../src/keys/keyed-hash.ts";
import type { Owner } from "./clock.ts";
import type { Told } from "./history.ts";
import type { Running, Server } from "./server.ts";
import type { World } from "./world.ts";

const triesMax = 200;

/** Undefined: all of them. */
interface Whom {
  campaignId: string | undefined;
  userId: string | undefined;
}

/** Between a manager's word being answered and its being taken back, nothing new is given out to whom it is about. */
export interface Closed extends Whom {
  fromMs: number;
  toMs: number;
}

/** Changes campaigns, bans users and takes coupons back while everything goes wrong, each through any server. */
export class Manager {
  readonly closed: Closed[] = [];
  readonly #world: World;
  readonly #servers: Server[];
  readonly #campaigns: Campaign[];
  readonly #told: Told[];
  readonly #owner: Owner;
  /** The most that a day of a prize was ever allowed, by campaign and prize. */
  readonly #dailyMost = new Map<string, number>();
  /** What to take back in the end, so that everybody may take part again. */
  readonly #open = new Map<string, () => Promise<void>>();
  readonly ended = new Set<string>();

  constructor(world: World, servers: Server[], campaigns: Campaign[], told: Told[]) {
    this.#world = world;
    this.#servers = servers;
    this.#campaigns = campaigns;
    this.#told = told;
    this.#owner = world.owner("manager");
    for (const { no, prizes } of campaigns)
      for (const prize of prizes) this.#allow(no, prize.no, prize.dailyQuota ?? 0);
  }

  start(everyMs: number, untilMs: number): void {
    const { clock } = this.#world;
    clock.after(this.#owner, 0, async () => {
      for (;;) {
        await this.#world.sleep(this.#owner, this.#world.random.around(everyMs));
        if (clock.nowMs >= untilMs) return;
        await this.#act();
      }
    });
  }

  dailyMost(campaignNo: number, prizeNo: number): number {
    return this.#dailyMost.get(`${campaignNo} ${prizeNo}`) ?? 0;
  }

  /** Takes back what would keep people from taking part. */
  async reopen(): Promise<void> {
    for (const open of this.#open.values()) await open();
  }

  async #act(): Promise<void> {
    const { random } = this.#world;
    const campaign = random.pick(this.#campaigns);
    const acts = [
      () => this.#changeQuota(campaign),
      () => this.#changeQuota(campaign),
      () => this.#pause(campaign),
      () => this.#ban(`u${random.between(0, 9)}`),
      () => this.#revoke(),
    ];
    if (random.chance(0.03)) await this.#end(campaign);
    else await random.pick(acts)();
  }

  async #changeQuota(campaign: Campaign): Promise<void> {
    if (campaign.mechanic.kind === "raffle") return;
    const { random } = this.#world;
    const prizeNo = random.pick(campaign.prizes).no;
    const quota = random.between(1, 50);
    const dailyQuota = random.between(1, 20);
    if (campaign.prizes[prizeNo]!.dailyQuota !== undefined) this.#allow(campaign.no, prizeNo, dailyQuota);
    await this.#change(campaign, ({ prizes }) => ({
      prizes: prizes.map((prize) =>
        prize.no === prizeNo
          ? { ...prize, quota, dailyQuota: prize.dailyQuota === undefined ? undefined : dailyQuota }
          : prize,
      ),
    }));
  }

  async #pause(campaign: Campaign): Promise<void> {
    const key = `pause ${campaign.id}`;
    const isPaused = await this.#change(campaign, () => ({ paused: true }));
    const whom = { campaignId: campaign.id, userId: undefined };
    this.#close(whom, isPaused);
    const resume = async () => {
      this.#reopen(whom);
      await this.#untilDone(() => this.#change(campaign, () => ({ paused: false })));
    };
    this.#open.set(key, resume);
    await this.#world.sleep(this.#owner, this.#world.random.around(1_000));
    await resume();
    this.#open.delete(key);
  }

  async #end(campaign: Campaign): Promise<void> {
    this.ended.add(campaign.id);
    const isEnded = await this.#change(campaign, (_, nowMs) => ({ endedMs: nowMs }));
    this.#close({ campaignId: campaign.id, userId: undefined }, isEnded);
  }

  async #ban(userId: string): Promise<void> {
    const key = `ban ${userId}`;
    const isBanned = await this.#setBan(userId, true);
    const whom = { campaignId: undefined, userId };
    this.#close(whom, isBanned);
    const lift = async () => {
      this.#reopen(whom);
      await this.#untilDone(() => this.#setBan(userId, false));
    };
    this.#open.set(key, lift);
    await this.#world.sleep(this.#owner, this.#world.random.around(1_000));
    if (this.#world.random.chance(0.5)) return;
    await lift();
    this.#open.delete(key);
  }

  async #untilDone(work: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await work()); tries++) {
      if (tries === triesMax) return this.#world.problem("a manager's word is never done");
      await this.#world.sleep(this.#owner, this.#world.random.around(500));
    }
  }

  #setBan(userId: string, banned: boolean): Promise<boolean> {
    return this.#ask(`ban ${userId} ${banned}`, async ({ secrets, ledger, bans }) => {
      const userHash = keyedHash(secrets.userHashKey, [userId]);
      await ledger.setBan({ userHash, userId, banned, reason: "", nowMs: Date.now() }, undefined);
      await bans.push(userHash);
    });
  }

  /** Of a coupon that somebody was told of, if the ledger has it by now. */
  async #revoke(): Promise<void> {
    const coupons = this.#told.flatMap(({ campaignId, result }) =>
      result.kind === "coupon" && campaignId !== "raffle" ? [result.code] : [],
    );
    if (coupons.length === 0) return;
    const code = this.#world.random.pick(coupons);
    await this.#ask(`revoke ${code}`, async ({ codes, ledger, releases }) => {
      const key = await codes.decode(code);
      const coupon = key && (await ledger.coupon(key.spaceNo, key.serial));
      if (!coupon) return;
      await ledger.revoke({ ...key, reason: "r", returnQuota: true }, undefined);
      await releases.settle(coupon);
    });
  }

  #close(whom: Whom, isInForce: boolean): void {
    const fromMs = this.#world.clock.nowMs;
    if (isInForce) this.closed.push({ ...whom, fromMs, toMs: Number.POSITIVE_INFINITY });
  }

  #reopen({ campaignId, userId }: Whom): void {
    for (const one of this.closed) {
      if (one.campaignId === campaignId && one.userId === userId)
        one.toMs = Math.min(one.toMs, this.#world.clock.nowMs);
    }
  }

  #change(
    { id }: Campaign,
    wanted: (campaign: Campaign, nowMs: number) => Omit<CampaignChange, "nowMs">,
  ): Promise<boolean> {
    return this.#ask(`change ${id}`, async ({ ledger, campaigns, effects }) => {
      const campaign = (await ledger.campaign(id))!;
      const nowMs = Date.now();
      const changed = await ledger.changeCampaign(
        id,
        campaign.revision,
        { ...wanted(campaign, nowMs), nowMs },
        undefined,
      );
      if (changed.kind !== "changed") throw new Error(changed.kind);
      campaigns.invalidate(id);
      await effects.applied(changed.campaign);
    });
  }

  /** True: it was answered that all of it is done. */
  async #ask(what: string, work: (server: Running) => Promise<void>): Promise<boolean> {
    const { clock, random, trace } = this.#world;
    const up = this.#servers.filter((server) => server.running);
    if (up.length === 0) return false;
    const server = random.pick(up);
    const answer = Promise.withResolvers<boolean>();
    trace.note("manage", server.name, what);
    const tell = (done: boolean, why = "") => {
      trace.note("managed", what, String(done), why);
      clock.after(this.#owner, random.around(1), () => answer.resolve(done));
    };
    clock.after(server.owner, random.around(1), () => {
      work(server.running!).then(
        () => tell(true),
        (error) => tell(false, String(error)),
      );
    });
    clock.after(this.#owner, 10_000, () => answer.resolve(false));
    return answer.promise;
  }

  #allow(campaignNo: number, prizeNo: number, dailyQuota: number): void {
    const key = `${campaignNo} ${prizeNo}`;
    this.#dailyMost.set(key, Math.max(this.#dailyMost.get(key) ?? 0, dailyQuota));
  }
}
