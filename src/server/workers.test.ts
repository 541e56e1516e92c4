import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";

let primary: ChildProcess | undefined;
afterEach(() => {
  if (primary?.exitCode === null) primary.kill("SIGKILL");
});

/** The lines of a primary with two workers, read one by one. */
function start() {
  primary = spawn(process.execPath, [join(import.meta.dirname, "workers.fixture.ts")], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: primary.stdout! })[Symbol.asyncIterator]();
  return async () => (await lines.next()).value as string;
}

async function check(url: string): Promise<void> {
  const response = await fetch(`${url}/grpc.health.v1.Health/Check`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: "{}",
  });
  expect(await response.json()).toEqual({ status: "SERVING" });
}

async function checksCounted(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text();
  return Number(/^allot_requests_total\{.*Health\/Check.*\} (\d+)$/m.exec(text)?.[1]);
}

test("workers share one port, count together, are replaced when they die, and end together", async () => {
  const nextLine = start();
  const [[firstPid, url = ""] = [], [secondPid, sameUrl] = []] = [
    (await nextLine()).split(" "),
    (await nextLine()).split(" "),
  ];
  expect(secondPid).not.toBe(firstPid);
  expect(sameUrl).toBe(url);

  for (let i = 0; i < 20; i++) await check(url);
  await expect.poll(() => checksCounted(url)).toBe(20);
  // Whichever worker answers, and there are two, the answer is the same.
  for (let i = 0; i < 8; i++) expect(await checksCounted(url)).toBe(20);

  process.kill(Number(firstPid), "SIGKILL");
  const [thirdPid, thirdUrl] = (await nextLine()).split(" ");
  expect([firstPid, secondPid]).not.toContain(thirdPid);
  expect(thirdUrl).toBe(url);
  await check(url);

  const exited = once(primary!, "exit");
  primary!.kill("SIGTERM");
  expect(await nextLine()).toBe("all ended");
  expect(await exited).toEqual([0, null]);
  for (const pid of [secondPid, thirdPid]) expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
});
