import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { buildContext, letThrough } from "./docker/build-context.ts";
import { carryOut, type Image } from "./docker/carry-out.ts";
import { type Compose, readCompose } from "./docker/compose.ts";
import { readDockerfile } from "./docker/dockerfile.ts";
import { freePort } from "./servers/free-port.ts";
import { TestServer } from "./servers/test-server.ts";

const isRoot = process.getuid?.() === 0;
/** Nobody, or whoever runs the tests: not root. */
const uid = isRoot ? 65_534 : process.getuid!();

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "allot-docker-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the image", () => {
  let image: Image;
  const inImage = (path: string) => join(image.root, path);
  beforeAll(() => {
    const instructions = readDockerfile(readFileSync("docker/Dockerfile", "utf8"));
    image = carryOut(instructions, { dir, context: buildContext(), uid });
  }, 180_000);

  test("is sent no secret, no data and no test", () => {
    const unwanted = [
      "docker/secrets/master-key",
      ".env",
      "data/master.key",
      "node_modules/vitest/package.json",
      "src/doctor/report.test.ts",
      "test/docker.test.ts",
    ];
    expect(
      letThrough([...unwanted, "package.json", "src/main.ts", "src/store/redis/functions/take.lua"]),
    ).toEqual(["package.json", "src/main.ts", "src/store/redis/functions/take.lua"]);
  });

  test("has what the server needs and nothing for development", () => {
    const packages = JSON.parse(readFileSync("package.json", "utf8"));
    const there = (names: string[]) =>
      names.filter((name) => existsSync(inImage(`app/node_modules/${name}`)));
    expect(there(Object.keys(packages.dependencies))).toEqual(Object.keys(packages.dependencies));
    // Types come along with a package that the server needs.
    expect(there(Object.keys(packages.devDependencies))).toEqual(["@types/node"]);
    expect(globSync("**/*.test.ts", { cwd: inImage("app/src") })).toEqual([]);
  });

  test("serves as a user without rights, says that it is well, keeps its data, and ends when told to", async () => {
    const port = await freePort();
    const env = {
      ...Object.fromEntries(
        Object.entries(image.env).map(([name, value]) => [
          name,
          value.startsWith("/") ? inImage(value) : value,
        ]),
      ),
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      PORT: String(port),
      // 0.0.0.0 in a container is not what it is here.
      HOST: "127.0.0.1",
    };
    const url = `http://127.0.0.1:${port}`;
    const asUser = isRoot ? ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"] : ["env"];
    const healthcheck = () =>
      spawnSync("sh", ["-c", image.healthcheck!], { env: { ...process.env, ...env } }).status;
    const [command, ...args] = [...asUser, ...image.command];
    expect(image).toMatchObject({ user: "node", command: ["node", "src/main.ts", "serve"] });
    expect(healthcheck()).not.toBe(0);
    await using server = await TestServer.start({
      name: "allot",
      command: command!,
      args,
      env,
      url,
      port,
      dir: inImage(image.workdir),
      ownsDir: false,
      isReady: () =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
    });
    expect(healthcheck()).toBe(0);
    for (const file of ["allot.db", "master.key"]) {
      const { uid: owner, mode } = statSync(inImage(`data/${file}`));
      expect([file, owner, mode & 0o777]).toEqual([file, uid, 0o600]);
    }
    await server.shutdown();
    expect(healthcheck()).not.toBe(0);
  });
});

describe("the compose file", () => {
  let compose: Compose;
  beforeAll(() => {
    compose = readCompose();
  }, 180_000);

  test("publishes the server to this machine only, and Redis and MySQL to nobody", () => {
    const ports = Object.entries(compose.services).map(([name, { ports = [] }]) => [name, ports]);
    expect(Object.fromEntries(ports)).toEqual({
      server: ["127.0.0.1:8080:8080"],
      drain: [],
      migrate: [],
      redis: [],
      mysql: [],
    });
    expect(compose.networks).toMatchObject({ inside: { internal: true } });
    expect(compose.services).toMatchObject({
      redis: { networks: ["inside"] },
      mysql: { networks: ["inside"] },
    });
  });

  test("drains apart from serving, after the tables are there", () => {
    const after = { depends_on: { migrate: { condition: "service_completed_successfully" } } };
    const healthy = { condition: "service_healthy" };
    expect(compose.services).toMatchObject({
      server: {
        command: ["serve"],
        environment: { ALLOT_DRAIN: "off" },
        restart: "unless-stopped",
        ...after,
      },
      drain: { command: ["drain"], restart: "unless-stopped", ...after },
      migrate: { command: ["migrate"], restart: "no", depends_on: { redis: healthy, mysql: healthy } },
    });
  });

  test("finds the secrets that the README's line makes, and the settings fit", () => {
    const readme = readFileSync("docker/README.md", "utf8");
    const [, line] = /<!-- secrets -->\n```sh\n(.+)\n```/.exec(readme)!;
    const clone = join(dir, "clone");
    mkdirSync(join(clone, "docker"), { recursive: true });
    execFileSync("sh", ["-euc", line!], { cwd: clone });
    const secrets = Object.entries(compose.secrets).map(
      ([name, { file }]) => [name, join(clone, "docker", file)] as const,
    );
    expect(statSync(join(clone, "docker/secrets")).mode & 0o777).toBe(0o700);
    for (const [, path] of secrets) expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o644]);
    const text = Object.fromEntries(secrets.map(([name, path]) => [name, readFileSync(path, "utf8")]));
    expect(text["mysql-url"]!.trim()).toBe(`mysql://allot:${text["mysql-password"]}@mysql:3306/allot`);
    for (const service of ["server", "drain", "migrate"]) {
      const env = Object.entries(compose.services[service]!.environment!).map(([name, value]) => [
        name,
        value
          .replace(/^\/run\/secrets\/(.+)$/, (_, secret) => Object.fromEntries(secrets)[secret]!)
          .replace(/\$\{\w+:-(.*)\}/, "$1"),
      ]);
      expect(loadConfig(Object.fromEntries(env))).toMatchObject({
        redisUrl: "redis://redis:6379",
        mysqlUrl: text["mysql-url"]!.trim(),
      });
    }
  });

  test("is one that Docker Compose takes, where there is one", () => {
    if (spawnSync("docker", ["compose", "version"]).status !== 0) return;
    const run = spawnSync("docker", ["compose", "-f", "docker/compose.yaml", "config", "--quiet"], {
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
  });
});
