import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { describe, expect, test } from "vitest";

/** Path from the root of the repository → text. */
type Tree = Map<string, string>;

const PURE = ["campaign", "codes"];
const DATA = [...PURE, "draws", "store", "ledger", "keys"];
const MEANS = ["config", "config.ts", "log.ts", "metrics.ts"];
const SERVICE = [
  ...DATA,
  ...MEANS,
  "events",
  "flows",
  "issuing",
  "participants",
  "redemption",
  "rpc",
  "auth",
  "server",
  "gen",
];

/**
 * What the files of a folder of src/ (or a file beside them) may import from src/: folders and single files. Imports point one
 * way, so what is decided (codes, campaign) knows nothing of what keeps it (store, ledger), and neither knows who asks (rpc).
 */
const MAY_IMPORT: Record<string, string[]> = {
  codes: ["types of gen"],
  campaign: ["codes", "types of gen"],
  draws: PURE,
  verify: [...PURE, "draws"],
  export: [...DATA, "verify"],
  store: [...PURE, "ledger/ledger.ts", "ledger/lending.ts", "ledger/packed-who.ts"],
  ledger: [...PURE, "store/store.ts"],
  keys: ["ledger/ledger.ts"],
  config: [],
  "config.ts": ["config"],
  "log.ts": ["config", "config.ts"],
  "metrics.ts": [],
  issuing: DATA,
  redemption: [...DATA, "issuing"],
  participants: ["campaign", "keys"],
  events: ["campaign", "ledger/entries.ts", "ledger/events.ts"],
  flows: [...DATA, "events", "log.ts", "metrics.ts"],
  engine: [...DATA, ...MEANS, "doctor", "flows", "issuing"],
  auth: [...DATA, ...MEANS],
  rpc: SERVICE,
  server: SERVICE,
  doctor: [...DATA, ...MEANS, "flows/service.ts"],
  commands: [...SERVICE, "doctor", "engine", "export", "verify"],
  "main.ts": [...SERVICE, "commands"],
};

const CODE = /\.(ts|lua|sql|sh)$/;
const MAX_LINES = 400;
const LEFTOVER = /\b(FIXME|TODO|XXX)\b/;
const MACHINE_PATH = /(?<![\w.])\/(work|tmp)\//;

interface Import {
  target: string;
  typesOnly: boolean;
}

function importsOf(path: string, text: string): Import[] {
  const statement = /\b(?:import|export)\s+(type\s)?[^"';]*?from\s+"(\.[^"]+)"|\bimport\s*\(?\s*"(\.[^"]+)"/g;
  return [...text.matchAll(statement)].map(([, type, from, bare]) => ({
    target: join(dirname(path), (from ?? bare)!),
    typesOnly: type !== undefined,
  }));
}

/** A test, or what only tests are made of: a contract suite, or a fixture. */
const isTest = (path: string, text: string) =>
  /\.(test|fixture)\.ts$|\/contract\//.test(path) || /from "vitest"/.test(text);

/** The files a text names beside itself: imports, workers, Lua and SQL read by URL; a folder stands for all its files. */
function namedIn(path: string, tree: Tree): string[] {
  const mention = /(?:["'`](?=\.{1,2}\/)|new URL\(["'`])(?<name>[^"'`$\s]+)/g;
  const names = [...tree.get(path)!.matchAll(mention)].map(({ groups }) =>
    join(dirname(path), groups!.name!),
  );
  const isNamed = (file: string) =>
    names.some((name) => file === name || (name.endsWith("/") && file.startsWith(name)));
  return [...tree.keys()].filter(isNamed);
}

const sourceFiles = (tree: Tree) => [...tree.keys()].filter((path) => path.startsWith("src/"));

function importsAgainstTheGrain(tree: Tree): string[] {
  return sourceFiles(tree)
    .filter((path) => path.endsWith(".ts") && !isTest(path, tree.get(path)!))
    .flatMap((path) => {
      const place = path.split("/")[1]!;
      const allowed = MAY_IMPORT[place];
      if (!allowed) return [`${path}: this test's map does not say what src/${place} may import`];
      const isAllowed = ({ target, typesOnly }: Import) => {
        const [top, to, ...rest] = target.split("/");
        if (top !== "src") return target === "package.json";
        const names = [to!, [to, ...rest].join("/"), ...(typesOnly ? [`types of ${to}`] : [])];
        return to === place || names.some((name) => allowed.includes(name));
      };
      const wrong = importsOf(path, tree.get(path)!).filter((one) => !isAllowed(one));
      return wrong.map(({ target }) => `${path} imports ${target}`);
    });
}

function importsOfTests(tree: Tree): string[] {
  const borrowers = [...tree].filter(
    ([path, text]) => /^(loadtest|examples)\/.*\.ts$/.test(path) && !isTest(path, text),
  );
  return borrowers.flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ target }) => target.startsWith("test/"))
      .map(({ target }) => `${path} imports ${target}`),
  );
}

function importCycles(tree: Tree): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path) || trail.includes(path)) return;
    for (const { target } of importsOf(path, tree.get(path) ?? "")) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of sourceFiles(tree)) visit(path, []);
  return cycles;
}

/** Files of src/ that no command and no page reaches. A test of its own does not keep a file alive. */
function deadFiles(tree: Tree): string[] {
  const isTestFile = (path: string) => isTest(path, tree.get(path)!);
  const reached = new Set<string>();
  const reach = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const named of namedIn(path, tree)) reach(named);
  };
  const isEntry = (path: string) =>
    path === "src/main.ts" || /^(loadtest|bench|scripts|examples)\//.test(path);
  for (const path of tree.keys()) if (isEntry(path) && !isTestFile(path)) reach(path);
  return sourceFiles(tree).filter((path) => !reached.has(path) && !isTestFile(path));
}

function overlongFiles(tree: Tree): string[] {
  return [...tree]
    .filter(([path, text]) => CODE.test(path) && text.split("\n").length > MAX_LINES + 1)
    .map(([path]) => path);
}

function oddNames(tree: Tree): string[] {
  const kebab = /^[a-z0-9]+([.-][a-z0-9]+)*$/;
  const ours = [...tree.keys()].filter((path) => /^(src|test|loadtest|bench|scripts|examples)\//.test(path));
  return ours.filter((path) => !path.split("/").every((part) => part === "README.md" || kebab.test(part)));
}

const lines =
  (pattern: RegExp, where = /./) =>
  (tree: Tree): string[] =>
    [...tree]
      .filter(([path]) => where.test(path))
      .flatMap(([path, text]) => text.split("\n").map((line, i) => ({ line, at: `${path}:${i + 1}` })))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, at }) => `${at} ${line.trim()}`);

interface Rule {
  name: string;
  findings(tree: Tree): string[];
  /** A tree that breaks the rule: what the rule is there to find. */
  broken: Record<string, string>;
}

const rules: Rule[] = [
  {
    name: "imports of src/ point one way",
    findings: importsAgainstTheGrain,
    broken: { "src/campaign/plan.ts": 'import {\n  take,\n} from "../store/store.ts";' },
  },
  {
    name: "what is shipped imports nothing from test/",
    findings: importsOfTests,
    broken: { "loadtest/main.ts": 'import { startRedis } from "../test/servers/redis.ts";' },
  },
  {
    name: "imports of src/ run in no circle",
    findings: importCycles,
    broken: {
      "src/codes/a.ts": 'import "./b.ts";',
      "src/codes/b.ts": 'export * from "./c.ts";',
      "src/codes/c.ts": 'const a = await import("./a.ts");',
    },
  },
  {
    name: "every file of src/ is used",
    findings: deadFiles,
    broken: {
      "src/main.ts": 'import "./a.ts";',
      "src/a.ts": "",
      "src/b.ts": "",
      "src/b.test.ts": 'import "./b.ts";',
    },
  },
  {
    name: `no file has more than ${MAX_LINES} lines`,
    findings: overlongFiles,
    broken: { "src/a.ts": "\n".repeat(MAX_LINES + 1) },
  },
  { name: "names are kebab-case", findings: oddNames, broken: { "src/codes/smallPermutation.ts": "" } },
  {
    name: "nothing is left for later",
    findings: lines(LEFTOVER),
    broken: { "src/a.ts": "// TODO: all" },
  },
  {
    name: "no test is left alone in its file",
    findings: lines(/\b(test|it|describe|suite)(\.\w+)*\.only\b/, /\.ts$/),
    broken: { "src/a.test.ts": 'test.only("one", () => {});' },
  },
  {
    name: "no path of somebody's machine",
    findings: lines(MACHINE_PATH),
    broken: { "docs/a.md": "Data is in /tmp/allot." },
  },
];

/** What git tracks and is text of ours: not generated, locked or another's contract; nor this file, which spells what it seeks. */
function repository(): Tree {
  const git = ["-c", "safe.directory=*", "ls-files", "-z"];
  const tracked = execFileSync("git", git, { encoding: "utf8" }).split("\0").filter(existsSync);
  const others =
    /^src\/gen\/|^proto\/(google|grpc)\/|^test\/(vectors\/|tidy\.test\.ts$)|^package-lock\.json$|\.(binpb|png)$/;
  return new Map(
    tracked.filter((path) => !others.test(path)).map((path) => [path, readFileSync(path, "utf8")]),
  );
}

describe.each(rules)("$name", ({ findings, broken }) => {
  const early = findings === deadFiles && !existsSync("src/main.ts");
  test.skipIf(early)("here", () => expect(findings(repository())).toEqual([]));
  test("and this is seen", () => expect(findings(new Map(Object.entries(broken)))).not.toEqual([]));
});
