import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Clients, clientsOf } from "../../client.ts";
import type { Random } from "../../simulate/random.ts";
import { History, type Told } from "./history.ts";
import { type Answer, type Asked, type Campaign, nextAsked } from "./sale.ts";

/** How long one try may take, before the same request goes to whichever server. */
const tryMs = 2_500;
/** No request may take longer in all: whatever broke is mended by then. */
const patienceMs = 60_000;
const pauseMs = 15;

/** What a well-behaved client gets from a service that is broken: asking again helps. Anything else is a fault of the service. */
const passing = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Aborted, Code.Unknown]);

export const isPassing = (error: unknown): boolean => {
  const { code, cause } = ConnectError.from(error);
  // A connection that broke while the request was written is none of these to the client library, but an internal error.
  return passing.has(code) || (cause instanceof Error && "syscall" in cause);
};

/** Many users who go on asking, each until it has an answer, with the same request id, at whichever server. */
export class Load {
  readonly history = new History();
  readonly #servers: { clients: Clients; lastIssuedMs: number }[];
  readonly #random: Random;
  readonly #stopping = new AbortController();
  #members: Promise<void>[] = [];

  constructor(urls: string[], random: Random) {
    this.#servers = urls.map((url) => ({ clients: clientsOf(url), lastIssuedMs: 0 }));
    this.#random = random;
  }

  start(campaigns: Campaign[], width: number): void {
    this.#members = Array.from({ length: width }, () => this.#member(campaigns));
  }

  /** Resolves when every request that was begun has its answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#members);
  }

  /** Whether every server has given something new to a request that began after this moment (performance.now()). */
  haveIssuedSince(ms: number): boolean {
    return this.#servers.every(({ lastIssuedMs }) => lastIssuedMs > ms);
  }

  get clients(): Clients {
    return this.#servers[0]!.clients;
  }

  /** Asks again for what was told before: given stays given. What was refused after a try without an answer may have been given to that try. */
  async askAgain(told: Told[], width: number): Promise<void> {
    const queue = told.filter(({ campaign }) => !campaign.sale.repeats).values();
    const member = async () => {
      for (const one of queue) {
        const { campaign, user, requestId } = one;
        const [again] = await this.#persist(campaign, [{ user, requestId }], false);
        if (!again) continue;
        this.history.compare(one, again.answer);
        if ("refused" in one.answer && "given" in again.answer) {
          if (!again.answer.replayed && one.answer.refused !== "DAILY_QUOTA_REACHED")
            this.history.violation(
              `${campaign.id}: ${user} was refused with ${one.answer.refused} and given ${again.answer.given.key} later`,
            );
          this.history.add({ ...one, answer: again.answer });
        }
      }
    };
    await Promise.all(Array.from({ length: width }, member));
  }

  /** `campaigns` may grow meanwhile. */
  async #member(campaigns: Campaign[]): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const shares = campaigns.flatMap((campaign) => Array<Campaign>(campaign.sale.share).fill(campaign));
      const campaign = this.#random.pick(shares);
      const asked = Array.from({ length: campaign.sale.batch }, () => nextAsked(campaign));
      const isTwice = !campaign.sale.repeats && this.#random.chance(0.05);
      const told = await this.#persist(campaign, asked, isTwice);
      for (const one of told) this.history.add(one);
      const [first] = told;
      if (first && this.#random.chance(0.05)) await this.askAgain([first], 1);
      await delay(this.#random.around(pauseMs));
    }
  }

  /** Asks until all are answered. `twice`: two copies of the first try go out at once, to two servers. */
  async #persist(campaign: Campaign, asked: Asked[], twice: boolean): Promise<Told[]> {
    const giveUpMs = performance.now() + patienceMs;
    const told: Told[] = [];
    let open = asked;
    let unanswered = 0;
    for (let tries = 0; open.length > 0; tries++) {
      if (performance.now() > giveUpMs) {
        this.history.violation(
          `${campaign.id}: ${open[0]!.user} ${open[0]!.requestId} had no answer within ${patienceMs} ms`,
        );
        return told;
      }
      if (tries > 0) await delay(Math.min(20 * tries, 200));
      const copies = await Promise.all(
        Array.from({ length: twice && tries === 0 ? 2 : 1 }, () => this.#try(campaign, open)),
      );
      const answers = merge(copies);
      unanswered += copies.filter((copy) => copy === undefined).length;
      const left: Asked[] = [];
      for (const [i, one] of open.entries()) {
        const answer = answers?.[i];
        if (!answer) left.push(one);
        else told.push({ ...one, campaign, answer, unanswered });
        this.#agree(
          campaign,
          one,
          copies.map((copy) => copy?.[i]),
        );
      }
      if (left.length > 0) unanswered++;
      open = left;
    }
    return told;
  }

  /** Two copies of one request, at once: one outcome. */
  #agree(campaign: Campaign, asked: Asked, answers: (Answer | undefined)[]): void {
    const given = answers.filter((one) => one !== undefined && "given" in one);
    if (given.length < 2) return;
    const [one, other] = given.map((answer) => answer.given);
    if (one!.key !== other!.key)
      this.history.violation(
        `${campaign.id}: two copies of ${asked.user} ${asked.requestId} were given ${one!.key} and ${other!.key}`,
      );
  }

  async #try(campaign: Campaign, asked: Asked[]): Promise<(Answer | undefined)[] | undefined> {
    const server = this.#random.pick(this.#servers);
    const beganMs = performance.now();
    this.history.calls++;
    try {
      const answers = await campaign.sale.ask(server.clients, campaign.id, asked, tryMs);
      for (const answer of answers) this.#look(campaign, answer);
      if (answers.some((one) => one !== undefined && "given" in one && !one.replayed))
        server.lastIssuedMs = Math.max(server.lastIssuedMs, beganMs);
      return answers;
    } catch (error) {
      const { code, message } = ConnectError.from(error);
      this.history.error(Code[code]!);
      if (!isPassing(error)) this.history.violation(`${campaign.id}: ${message}`);
      return undefined;
    }
  }

  #look({ id, sale }: Campaign, answer: Answer | undefined): void {
    if (answer && "refused" in answer && sale.refusals[answer.refused] === undefined)
      this.history.violation(`${id}: refused with ${answer.refused}, for no reason`);
  }
}

/** What was given counts; a refusal beside it came before or after. */
const merge = (copies: ((Answer | undefined)[] | undefined)[]): (Answer | undefined)[] | undefined => {
  const [first, second] = copies;
  if (!first || !second) return first ?? second;
  return first.map((one, i) => {
    const other = second[i];
    return one && "given" in one ? one : other && "given" in other ? other : (one ?? other);
  });
};
