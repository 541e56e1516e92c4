import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "readme-check.ts");
const dir = mkdtempSync(join(tmpdir(), "allot-readme-test-"));
afterAll(() => rmSync(dir, { recursive: true }));

const SERVER = `
const { createServer } = require("node:http");
createServer((request, response) => {
  response.statusCode = request.url === "/missing" ? 404 : 200;
  response.end("served");
}).listen(process.env.PORT, "127.0.0.1");
`;

let projects = 0;
/** Checks a README in a project of its own; `untracked` is a file that git does not know. */
function check(...lines: string[]): { status: number | null; output: string } {
  const project = join(dir, String(projects++));
  mkdirSync(project);
  const git = (...args: string[]) => spawnSync("git", args, { cwd: project });
  git("init");
  writeFileSync(join(project, "README.md"), `${lines.join("\n")}\n`);
  writeFileSync(join(project, "server.cjs"), SERVER);
  git("add", ".");
  writeFileSync(join(project, "untracked"), "");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: project,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

const sh = (mark: string, ...commands: string[]) => [mark, "```sh", ...commands, "```"];

test("runs marked blocks in order in one copy of the tracked files, and no others", () => {
  const { status, output } = check(
    ...sh("<!-- check -->", "test -f server.cjs && ! test -e untracked", "echo 1 >made"),
    ...sh("", "exit 1"),
    ...sh("<!-- check -->", "test -f made"),
  );
  expect(output).toMatch(/^ok {2}README\.md:1 .*\nok {2}README\.md:10 /);
  expect(status).toBe(0);
});

test("a block that fails fails the check, wherever in the block", () => {
  const { status, output } = check(...sh("<!-- check -->", "echo before", "false", "true"));
  expect(output).toMatch(/FAILED .*\nit ended with code 1\nbefore/);
  expect(status).toBe(1);
});

test("curl blocks reach the server block's server on its free port, and an HTTP error is a failure", () => {
  const server = sh("<!-- check: server -->", "node server.cjs");
  const fetched = check(...server, ...sh("<!-- check -->", "curl http://127.0.0.1:8080/ | grep served"));
  expect(fetched).toMatchObject({ status: 0 });
  const missed = check(...server, ...sh("<!-- check -->", "curl http://127.0.0.1:8080/missing"));
  expect(missed.output).toContain("404");
  expect(missed.status).toBe(1);
});

test("a server that ends instead of serving fails the check", () => {
  const { status, output } = check(...sh("<!-- check: server -->", "echo no config; exit 3"));
  expect(output).toContain("it ended with code 3 instead of serving\nno config");
  expect(status).toBe(1);
});

test("a README without a marked block was not checked", () => {
  expect(check("Nothing here.")).toMatchObject({
    status: 1,
    output: expect.stringContaining("no block marked"),
  });
});
