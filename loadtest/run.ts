import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { audit } from "./audit/audit.ts";
import { openMysqlTables } from "./audit/tables/mysql-tables.ts";
import { openSqliteTables } from "./audit/tables/sqlite-tables.ts";
import type { RunOptions } from "./cli/options.ts";
import { monotonicMs } from "./clock.ts";
import { Crew } from "./crew/crew.ts";
import { planWork } from "./crew/plan-work.ts";
import { Naming } from "./record/naming.ts";
import { type Screen, showLive } from "./report/live.ts";
import { measure } from "./report/measure.ts";
import type { Report } from "./report/report.ts";
import { count } from "./report/text.ts";
import { decide } from "./report/verdict.ts";
import { addressOfUser } from "./scenario/address.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { scenarios } from "./scenario/scenarios.ts";
import { createCampaign, findCampaign } from "./target/campaign.ts";
import { connectClients } from "./target/clients.ts";
import { startEmbeddedServer } from "./target/embedded-server.ts";

/** Time between the last preparation and the first request, so that every worker has heard of the start. */
const headStartMs = 100;
/** What a closed loop that ends by time is assumed to send, for the sizes of crowd and quota. */
const closedRateAssumed = 30_000;

/** Of the database that is named, or of the embedded server's; undefined: nobody knows where they are. */
const tablesOf = (mysqlUrl: string | undefined, sqlitePath: string | undefined) => {
  if (mysqlUrl !== undefined) return () => openMysqlTables(mysqlUrl);
  return sqlitePath === undefined ? undefined : () => openSqliteTables(sqlitePath);
};

/** Carries out a run: server, campaign, load, asking again, audit. Interrupted, it ends early with what there is. */
export const run = async (options: RunOptions, screen: Screen, interrupted: AbortSignal): Promise<Report> => {
  await using cleanup = new AsyncDisposableStack();
  const say = (text: string): unknown => screen.write(`${text}\n`);

  const embedded = options.target
    ? undefined
    : cleanup.adopt(await startEmbeddedServer(), (own) => own.stop());
  const server = options.target ?? embedded!;
  const baseUrl = `http://${server.host.includes(":") ? `[${server.host}]` : server.host}:${server.port}`;
  const clients = connectClients(baseUrl, options.apiKey, options.protocol);

  const runId = randomBytes(5).toString("hex");
  const naming = new Naming(runId);
  const scenario: Scenario = scenarios[options.scenario];
  const sends = options.requests ?? Math.ceil((closedRateAssumed * options.durationMs) / 1_000);
  const users = options.users ?? scenario.users(sends);
  const { mechanic } = scenario;
  const created =
    options.campaign === undefined
      ? await createCampaign(clients, {
          run: runId,
          scenario,
          quota: options.quota ?? scenario.quota(sends),
          durationMs: options.durationMs,
        })
      : await findCampaign(clients, options.campaign);
  const quota =
    options.campaign === undefined
      ? (options.quota ?? scenario.quota(sends))
      : created.prizes.reduce((sum, prize) => sum + (prize.quota ?? Number.POSITIVE_INFINITY), 0);
  const play = await mechanic.open({ clients, campaign: created, naming, quota, users });
  const campaign = await findCampaign(clients, created.id);

  const { goods = [] } = play;
  const onePerUser = campaign.limits?.perUser === 1 && !mechanic.unlimited;
  const plans = planWork(options, { run: runId, campaign, users, onePerUser, goods, ...server });
  const { intervalMs, addresses } = plans[0]!;
  const crew = cleanup.adopt(new Crew(plans), (open) => open.close());
  await crew.ready();
  const untilStartMs = Math.max(headStartMs, timestampMs(campaign.startTime!) - Date.now());
  const startMs = monotonicMs() + untilStartMs;
  const firstDueMs = startMs + (options.closed ? 0 : scenario.dueMs(0, options.durationMs));
  say(
    `${options.scenario}: ${scenario.summary}\n` +
      `campaign ${campaign.id} on ${options.target ? baseUrl : "an embedded server"}: ` +
      `quota ${Number.isFinite(quota) ? count(quota) : "unlimited"}, ${count(users)} users, seed ${options.seed}`,
  );

  interrupted.throwIfAborted();
  interrupted.addEventListener("abort", () => crew.stop());
  const loading = crew.run(startMs, firstDueMs);
  await Promise.race([sleep(firstDueMs - monotonicMs()), loading]);
  const hideLive = showLive(screen, {
    timeline: crew.timeline,
    plannedMs: options.durationMs,
    elapsedMs: () => monotonicMs() - startMs,
  });
  const over = new AbortController();
  const meanwhile = play.meanwhile?.(over.signal, sleep);
  // Whatever went wrong with it is told once the load is over.
  meanwhile?.catch(() => {});
  const load = await loading.finally(() => {
    hideLive();
    over.abort();
  });
  await meanwhile;

  const figures = measure(
    {
      scenario: options.scenario,
      summary: scenario.summary,
      things: mechanic.things,
      loop: options.closed ? "closed" : "open",
      protocol: options.protocol,
      ...(!options.closed && { rate: options.rate }),
      plannedMs: options.durationMs,
      connections: options.connections,
      workers: options.workers,
      users,
      seed: options.seed,
      target: options.target ? baseUrl : "embedded server",
      campaignId: campaign.id,
      ...(Number.isFinite(quota) && { quota }),
      startTime: new Date(Date.now() - (monotonicMs() - startMs)).toISOString(),
      intervalMs,
    },
    load,
    options.objectives,
  );
  const partial = { ...figures, verdict: decide(figures) };
  if (interrupted.aborted) return partial;

  say(`audit: waiting for the ledger, then comparing every ${mechanic.thing}`);
  const auditing = audit({
    clients,
    mechanic,
    play,
    before: campaign,
    journals: load.journals,
    naming,
    users,
    mysqlUrl: options.mysqlUrl,
    openTables: tablesOf(options.mysqlUrl, embedded?.databasePath),
    addressOf: (user) => (addresses ? addressOfUser(scenario, user) : undefined),
  });
  const checks = await Promise.race([auditing, once(interrupted, "abort").then(() => undefined)]);
  if (checks === undefined) return partial;
  const audited = { ...figures, audit: { passed: checks.every(({ passed }) => passed), checks } };
  return { ...audited, verdict: decide(audited) };
};
