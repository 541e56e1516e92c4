import { ConnectError } from "@connectrpc/connect";
import { audit } from "../audit/audit.ts";
import type { Check } from "../audit/check.ts";
import type { Answer } from "../record/answer.ts";
import { Journal } from "../record/journal.ts";
import { Naming } from "../record/naming.ts";
import { addressOfUser } from "../scenario/address.ts";
import { seededRandom } from "../scenario/random.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type ScenarioName, scenarios } from "../scenario/scenarios.ts";
import { errorAnswer } from "../sender/error-reason.ts";
import type { Ask } from "../sender/method.ts";
import { createCampaign } from "../target/campaign.ts";
import { clientsOver } from "../target/clients.ts";
import { type Small, transportTo } from "./small.ts";

/** How many sends come between two acts of who acts meanwhile. */
const breathEvery = 20;

/** Lets a scenario's crowd loose on a service in this process, one after the other, and audits. */
export const playAudited = async (name: ScenarioName, small: Small, sends: number): Promise<Check[]> => {
  const scenario: Scenario = scenarios[name];
  const { mechanic } = scenario;
  const transport = transportTo(small);
  const clients = clientsOver(transport);
  const naming = new Naming("t");
  const users = scenario.users(sends);
  const quota = scenario.quota(sends);
  const created = await createCampaign(clients, { run: "t", scenario, quota, durationMs: 60_000 });
  const play = await mechanic.open({ clients, campaign: created, naming, quota, users });
  const before = (await clients.campaigns.getCampaign({ campaignId: created.id })).campaign!;
  const { goods = [] } = play;
  const onePerUser = scenario.limits.perUser === 1 && !mechanic.unlimited;
  const { lasts } = mechanic;
  const journal = new Journal({ worker: 0, campaignId: created.id, naming, onePerUser, lasts }, users);
  const workload = scenario.workload({
    ...{ worker: 0, workers: 1, users, goods: goods.length },
    random: seededRandom(7, 0),
    begin: (user, detail) => journal.begin(user, detail),
  });

  const answerTo = async ({ method, message }: Ask): Promise<Answer> => {
    try {
      const { message: response } = await transport.unary(
        method.desc,
        undefined,
        undefined,
        undefined,
        message,
      );
      return method.read(response);
    } catch (error) {
      return errorAnswer(ConnectError.from(error));
    }
  };
  const ask = async (request: number): Promise<Answer> => {
    const user = journal.userOf(request);
    const owed = journal.sent(request);
    const address = addressOfUser(scenario, user);
    const names = { userId: naming.userId(user), requestId: naming.requestId(0, request) };
    const about = { campaignId: created.id, detail: journal.detailOf(request), goods };
    const answer = await answerTo(mechanic.ask({ user, address, ...names, ...about }));
    journal.answered(request, answer, owed);
    return answer;
  };

  const over = new AbortController();
  const other = new Other((pause) => play.meanwhile?.(over.signal, pause));
  for (let sent = 0; sent < sends; sent++) {
    const send = workload.next(sent);
    const answer = await ask(send.request);
    workload.ended?.(send, sent, answer);
    if (sent % breathEvery === 0) await other.act();
  }
  over.abort();
  await other.act();
  for (const request of workload.leftover?.() ?? [])
    if (mechanic.isRepeatable?.(journal.detailOf(request)) ?? true) await ask(request);

  return audit({
    ...{ clients, mechanic, play, before, journals: [journal.pages()], naming, users },
    mysqlUrl: undefined,
    openTables: small.tables && (() => small.tables!()),
    addressOf: (user) => addressOfUser(scenario, user),
  });
};

/** Who acts meanwhile: from one pause to the next, when told to. */
class Other {
  readonly #done: Promise<void>;
  #paused = Promise.withResolvers<void>();
  #goOn: () => void = () => {};

  constructor(run: (pause: () => Promise<void>) => Promise<void> | undefined) {
    const pause = () => {
      this.#paused.resolve();
      return new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    };
    this.#done = Promise.resolve(run(pause));
  }

  async act(): Promise<void> {
    await Promise.race([this.#paused.promise, this.#done]);
    this.#paused = Promise.withResolvers();
    this.#goOn();
    await Promise.race([this.#paused.promise, this.#done]);
  }
}

/** The names of the checks that failed. */
export const red = (checks: Check[]): string[] =>
  checks.filter(({ passed }) => !passed).map(({ name }) => name);
