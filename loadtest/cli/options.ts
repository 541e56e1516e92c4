import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { coupons } from "../mechanic/coupon/coupons.ts";
import { type Objective, objectiveGrammar, parseObjective } from "../report/objective.ts";
import { type ScenarioName, scenarioNames, scenarios } from "../scenario/scenarios.ts";
import type { Protocol } from "../sender/sender.ts";
import { isLoopback } from "../target/loopback.ts";
import { parseDurationMs } from "./duration.ts";
import { exitCodes } from "./exit-codes.ts";

/** A run as it was asked for, checked, with every default filled in. */
export interface RunOptions {
  scenario: ScenarioName;
  closed: boolean;
  protocol: Protocol;
  /** Requests per second in an open loop. */
  rate: number;
  durationMs: number;
  /** Requests in all; undefined in a closed loop that ends by time. */
  requests: number | undefined;
  connections: number;
  workers: number;
  timeoutMs: number;
  users: number | undefined;
  quota: number | undefined;
  seed: number;
  /** Where to; undefined: an embedded server of the load test's own. */
  target: { host: string; port: number } | undefined;
  campaign: string | undefined;
  apiKey: string | undefined;
  mysqlUrl: string | undefined;
  objectives: Objective[];
  json: string | undefined;
  html: string | undefined;
}

/** Sends that one worker thread manages with room to spare. */
const ratePerWorker = 20_000;

const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return value;
};

const duration = (text: string): number => {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 100)
    throw new InvalidArgumentError("Write it as 500ms, 10s, 2m or 1h; at least 100ms.");
  return ms;
};

const target = (text: string): { host: string; port: number } => {
  const url = URL.parse(text);
  if (url?.protocol !== "http:" || (url.pathname !== "/" && url.pathname !== ""))
    throw new InvalidArgumentError(
      "It must be like http://127.0.0.1:8080, without a path; the load test speaks cleartext only.",
    );
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) };
};

const objective = (text: string, before: Objective[] = []): Objective[] => {
  try {
    return [...before, parseObjective(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

const collect = (text: string, before: string[] = []): string[] => [...before, text];

const scenarioHelp = scenarioNames.map((name) => `  ${name.padEnd(13)}${scenarios[name].summary}`).join("\n");
const exitHelp = Object.values(exitCodes)
  .map(({ code, meaning }) => `  ${String(code).padEnd(5)}${meaning}`)
  .join("\n");

export const command = (): Command =>
  new Command("loadtest")
    .description("Puts load on an Allot server, then audits that all it gave out is accounted for.")
    .addOption(
      new Option("--scenario <name>", "how the crowd behaves").choices(scenarioNames).default("steady"),
    )
    .option(
      "--rate <n>",
      "requests per second, sent on schedule whatever the server does",
      integer(1, 1_000_000),
      1_000,
    )
    .addOption(
      new Option("--duration <time>", "how long the load lasts: 500ms, 10s, 2m, 1h")
        .argParser(duration)
        .default(10_000, "10s"),
    )
    .option("--requests <n>", "requests in all, instead of a duration", integer(1, 100_000_000))
    .option("--closed", "flat out instead: each connection asks again when it is answered (HTTP/1.1)", false)
    .option("--connections <n>", "connections in all (default: 64; gRPC: 8)", integer(1, 20_000))
    .option("--workers <n>", "threads that send (default: by rate and cores)", integer(1, 64))
    .addOption(
      new Option("--protocol <name>", "what to speak")
        .choices(["connect", "connect-json", "grpc"])
        .default("connect"),
    )
    .addOption(
      new Option("--timeout <time>", "how long to wait for a connection, and for an answer")
        .argParser(duration)
        .default(10_000, "10s"),
    )
    .option(
      "--users <n>",
      "how many users the crowd is made of (default: by scenario)",
      integer(1, 50_000_000),
    )
    .option("--quota <n>", "what there is to give out (default: by scenario)", integer(1, 2 ** 32 - 1))
    .option("--seed <n>", "repeats the crowd's random choices (default: random)", integer(0, 2 ** 32 - 1))
    .option("--target <url>", "the server (default: an embedded server of its own)", target)
    .option("--allow-host <host>", "permits a target that is not this machine; repeatable", collect)
    .option("--campaign <id>", "use this campaign instead of creating one")
    .addOption(new Option("--api-key <key>", "sent as a bearer token").env("ALLOT_API_KEY"))
    .option("--mysql-url <url>", "audit the ledger by SQL too")
    .option("--slo <objective>", `a bound to keep, repeatable: ${objectiveGrammar}`, objective)
    .option("--json <file>", "write the report as JSON")
    .option("--html <file>", "write the report as a page")
    .addHelpText("after", `\nScenarios:\n${scenarioHelp}\n\nExit codes:\n${exitHelp}`)
    .allowExcessArguments(false)
    .exitOverride();

interface Parsed
  extends Omit<RunOptions, "durationMs" | "timeoutMs" | "objectives" | "connections" | "workers"> {
  duration: number;
  timeout: number;
  connections: number | undefined;
  workers: number | undefined;
  allowHost?: string[];
  slo?: Objective[];
}

/** The options of a command line (without node and script). Ends in a CommanderError on what can't be carried out. */
export const parseOptions = (args: string[]): RunOptions => {
  const program = command().parse(args, { from: "user" });
  const { duration, timeout, allowHost = [], slo = [], ...parsed } = program.opts<Parsed>();
  const refuse = (message: string): never => program.error(`error: ${message}`);
  const given = (name: string): boolean => program.getOptionValueSource(name) === "cli";

  if (parsed.requests !== undefined && given("duration")) refuse("give --requests or --duration, not both");
  if (parsed.closed && given("rate")) refuse("--closed has no --rate: it goes as fast as the server answers");
  if (parsed.closed && parsed.protocol === "grpc")
    refuse("--closed speaks HTTP/1.1 only; leave out --protocol grpc");
  if (parsed.closed && parsed.scenario === "hang-ups")
    refuse("hang-ups needs the open loop; leave out --closed");
  if (parsed.closed && timeout < 1_000) refuse("--closed needs a --timeout of at least 1s");
  if (parsed.campaign !== undefined && parsed.target === undefined)
    refuse("--campaign needs a --target that has it");
  if (parsed.mysqlUrl !== undefined && parsed.target === undefined)
    refuse("--mysql-url needs the --target that uses it");
  if (parsed.mysqlUrl !== undefined && URL.parse(parsed.mysqlUrl)?.protocol !== "mysql:")
    refuse("--mysql-url must be like mysql://user@127.0.0.1:3306/allot");
  if (parsed.campaign !== undefined && scenarios[parsed.scenario].mechanic !== coupons)
    refuse(`${parsed.scenario} ends or uses up its campaign, so it creates one; leave out --campaign`);
  if (parsed.campaign !== undefined && parsed.quota !== undefined)
    refuse("--quota is for a campaign of the load test's own");
  const host = parsed.target?.host;
  if (host !== undefined && !isLoopback(host) && !allowHost.includes(host))
    refuse(`${host} is not this machine; load on a server of others needs --allow-host ${host}`);

  const durationMs =
    parsed.requests !== undefined && !parsed.closed ? (parsed.requests / parsed.rate) * 1_000 : duration;
  const requests = parsed.closed
    ? parsed.requests
    : Math.max(1, Math.round((durationMs / 1_000) * parsed.rate));
  const connections = parsed.connections ?? (parsed.protocol === "grpc" ? 8 : 64);
  const cores = Math.max(1, Math.floor(availableParallelism() / 2));
  const wanted = parsed.closed ? cores : Math.min(cores, Math.ceil(parsed.rate / ratePerWorker));
  return {
    ...parsed,
    apiKey: parsed.target && parsed.apiKey,
    seed: parsed.seed ?? Math.floor(Math.random() * 2 ** 32),
    durationMs,
    requests,
    connections,
    workers: Math.min(parsed.workers ?? wanted, connections, requests ?? connections),
    timeoutMs: timeout,
    objectives: slo,
  };
};
