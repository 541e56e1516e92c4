import type { Issued, IssueRequest } from "../../src/issuing/request.ts";
import type { Owner } from "./clock.ts";
import type { Told } from "./history.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

const latencyMs = 1;
/** How long a client waits for an answer. */
const patienceMs = 8_000;
const pauseMs = 300;

/** Those who ask: each in its own time, again under the same request id where they got no answer, of any server. */
export class Clients {
  readonly told: Told[] = [];
  /** How often somebody asked without a request id, by campaign and user. */
  readonly asked = new Map<string, number>();
  readonly #world: World;
  readonly #servers: Server[];
  readonly #owner: Owner;
  isQuiet = false;
  waiting = 0;

  constructor(world: World, servers: Server[]) {
    this.#world = world;
    this.#servers = servers;
    this.#owner = world.owner("clients");
  }

  get owner(): Owner {
    return this.#owner;
  }

  /** Asks until there is an answer, or `tries` are used up; the answer is remembered unless nobody is there any more. */
  async ask(campaignId: string, request: IssueRequest, tries: number): Promise<Issued | undefined> {
    this.waiting++;
    try {
      for (let t = 0; t < tries; t++) {
        const askedMs = this.#world.clock.nowMs;
        const isQuiet = this.isQuiet;
        const result = await this.#askOnce(campaignId, request);
        if (result) {
          const told = { campaignId, request, result, askedMs, toldMs: this.#world.clock.nowMs, isQuiet };
          this.told.push(told);
          this.#world.trace.note(
            "told",
            campaignId,
            request.userId,
            request.requestId,
            JSON.stringify(result),
          );
          if (result.kind !== "ledger-behind") return result;
        }
        await this.#world.sleep(this.#owner, pauseMs * (0.5 + this.#world.random.unit()));
      }
      return undefined;
    } finally {
      this.waiting--;
    }
  }

  /** Undefined: no answer, or one that says to ask again. */
  #askOnce(campaignId: string, request: IssueRequest): Promise<Issued | undefined> {
    const { clock, random, trace } = this.#world;
    const answer = Promise.withResolvers<Issued | undefined>();
    const up = this.#servers.filter((server) => server.running);
    if (up.length === 0) return Promise.resolve(undefined);
    const server = random.pick(up);
    if (request.requestId === "") {
      const name = `${campaignId} ${request.userId}`;
      this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    }
    const tell = (result: Issued | undefined) =>
      clock.after(this.#owner, random.around(latencyMs), () => answer.resolve(result));
    trace.note("ask", server.name, campaignId, request.userId, request.requestId);
    clock.after(server.owner, random.around(latencyMs), async () => {
      try {
        const known = await server.running!.campaigns.known(campaignId);
        if (known)
          server.running!.issuer.issueThen(known, request, (result) => {
            if (result.kind === "failed") trace.note("failed", String(result.error));
            tell(result.kind === "failed" ? undefined : result);
          });
        else tell(undefined);
      } catch (error) {
        trace.note("failed", String(error));
        tell(undefined);
      }
    });
    clock.after(this.#owner, patienceMs, () => answer.resolve(undefined));
    return answer.promise;
  }
}
