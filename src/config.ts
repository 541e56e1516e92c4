import { accessSync, constants, readFileSync } from "node:fs";
import { type Config, type Setting, settings } from "./config/settings.ts";

export type { Config } from "./config/settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the settings, everything at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      ["These settings have to be corrected first:", ...problems.map((problem) => `  ${problem}`)].join("\n"),
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Reads and checks every setting. An empty variable counts as absent.
 *
 * @throws ConfigError with one line for each problem: the variable, what is wrong with it, what to do. Values are not repeated.
 */
export function loadConfig(env: Environment = process.env): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [field, setting] of Object.entries<Setting>(settings)) {
    const given = readText(setting, env, problems);
    if (given === undefined) continue;
    const parsed = setting.schema.safeParse(given.text);
    if (parsed.success) values[field] = parsed.data;
    else problems.push(...parsed.error.issues.map((issue) => `${given.from} ${issue.message}.`));
  }
  problems.push(...unfitting(env));
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Config;
}

/** One setting for people; `value` names what is accepted by default, secrets being without one. */
export interface SettingDescription {
  readonly name: string;
  readonly default: string;
  readonly prose: string;
}

export function describeSettings(): readonly SettingDescription[] {
  return Object.values<Setting>(settings).map(({ name, default: fallback = "", prose, secret }) => ({
    name: secret ? `${name}, ${name}_FILE` : name,
    default: fallback,
    prose,
  }));
}

/** The settings as a table for the documentation. */
export function settingsMarkdown(): string {
  const rows = describeSettings().map(({ name, default: fallback, prose }) => {
    const names = name.split(", ").map((part) => `\`${part}\``);
    return `| ${names.join(", ")} | ${fallback && `\`${fallback}\``} | ${prose.replaceAll("|", "\\|")} |`;
  });
  return ["| variable | default | what it does |", "|---|---|---|", ...rows, ""].join("\n");
}

/** A setting's text, and the variable it came from. */
function readText(setting: Setting, env: Environment, problems: string[]) {
  const { name, default: fallback } = setting;
  const direct = env[name] || undefined;
  const path = (setting.secret && env[`${name}_FILE`]) || undefined;
  if (path === undefined) {
    const text = direct ?? fallback;
    return text === undefined ? undefined : { text, from: name };
  }
  if (direct !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: keep one of them.`);
    return undefined;
  }
  try {
    return { text: readFileSync(path, "utf8"), from: `${name}_FILE: the text in ${path}` };
  } catch (error) {
    problems.push(`${name}_FILE names ${path}, which can't be read (${codeOf(error)}).`);
    return undefined;
  }
}

/** Problems of settings with each other and with the files they name. */
function* unfitting(env: Environment): Iterable<string> {
  const given = (name: string) => Boolean(env[name] || env[`${name}_FILE`]);
  if (given("REDIS_URL") !== given("MYSQL_URL")) {
    const [present, missing] = given("REDIS_URL") ? ["REDIS_URL", "MYSQL_URL"] : ["MYSQL_URL", "REDIS_URL"];
    yield `${missing} is missing: it goes together with ${present}; with neither, one process does everything.`;
  }
  if (given("MYSQL_URL") && !given("ALLOT_MASTER_KEY")) {
    yield "ALLOT_MASTER_KEY is missing: with MYSQL_URL every server needs the same one. Make it once with `openssl rand -base64 32`.";
  }
  if (given("ALLOT_MASTER_KEY_OLD") && !given("ALLOT_MASTER_KEY")) {
    yield "ALLOT_MASTER_KEY is missing: the one that takes the place of ALLOT_MASTER_KEY_OLD.";
  }
  const tls = ["ALLOT_TLS_CERT", "ALLOT_TLS_KEY"];
  const [missing] = tls.filter((name) => !env[name]);
  if (missing !== undefined && tls.some((name) => env[name])) {
    yield `${missing} is missing: ALLOT_TLS_CERT and ALLOT_TLS_KEY go together.`;
  }
  const tokens = ["ALLOT_JWT_ISSUER", "ALLOT_JWT_AUDIENCE", "ALLOT_JWKS_URL"];
  if ([...tokens, "ALLOT_JWT_ROLE_CLAIM"].some((name) => env[name])) {
    const absent = tokens.filter((name) => !env[name]);
    yield* absent.map((name) => `${name} is missing: ${tokens.join(", ")} go together.`);
  }
  for (const name of tls) {
    const path = env[name];
    if (!path) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      yield `${name} names ${path}, which can't be read (${codeOf(error)}).`;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
