import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, test, vi } from "vitest";
import { freshRedis } from "./fresh-redis.ts";
import { type RedisServer, startRedis } from "./redis.ts";

async function withClient<T>(server: RedisServer, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function startInAnotherProcess() {
  const module = new URL("./redis.ts", import.meta.url).href;
  const program = `
    import { startRedis } from ${JSON.stringify(module)};
    const { port, dir } = await startRedis();
    console.log(JSON.stringify({ port, dir }));`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program]);
  const [line] = await once(child.stdout, "data");
  const { port, dir } = JSON.parse(String(line)) as { port: number; dir: string };
  const dispose = async () => {
    child.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  };
  return { child, port, dir, [Symbol.asyncDispose]: dispose };
}

describe("a Redis of one's own", () => {
  test.each(["kill", "shutdown"] as const)("keeps its data over %s and restart", async (end) => {
    await using server = await startRedis();
    const before = { pid: server.pid, url: server.url };
    await withClient(server, (redis) => redis.set("held", "fast"));
    await server[end]();
    expect(isAlive(before.pid)).toBe(false);
    expect(server.running).toBe(false);
    await server.restart();
    expect(server.url).toBe(before.url);
    expect(server.pid).not.toBe(before.pid);
    expect(await withClient(server, (redis) => redis.get("held"))).toBe("fast");
  });

  test("starts with the settings that the guarantees ask for, and takes others", async () => {
    await using server = await startRedis({ config: { "maxmemory-policy": "allkeys-lru" } });
    const read = (name: string) => withClient(server, (redis) => redis.config("GET", name));
    expect(await read("appendonly")).toEqual(["appendonly", "yes"]);
    expect(await read("appendfsync")).toEqual(["appendfsync", "always"]);
    expect(await read("save")).toEqual(["save", ""]);
    expect(await read("maxmemory-policy")).toEqual(["maxmemory-policy", "allkeys-lru"]);
  });

  test("answers nothing while paused, and then what it was asked", async () => {
    await using server = await startRedis();
    await withClient(server, async (redis) => {
      await redis.ping();
      server.pause();
      const answer = redis.ping();
      await expect(Promise.race([answer, delay(200, "silence")])).resolves.toBe("silence");
      server.resume();
      expect(await answer).toBe("PONG");
    });
  });

  test("stop removes its own folder but not the caller's", async () => {
    const dir = await mkdtemp(join(tmpdir(), "allot-kept-"));
    const [own, brought] = [await startRedis(), await startRedis({ dir })];
    await Promise.all([own.stop(), brought.stop()]);
    expect(existsSync(own.dir)).toBe(false);
    expect(existsSync(join(dir, "appendonlydir"))).toBe(true);
    await rm(dir, { recursive: true });
  });

  test("says what the server said when it does not start", async () => {
    const start = startRedis({ config: { appendfsync: "sometimes" } });
    await expect(start).rejects.toThrow(
      /redis did not start: it ended with code 1\n[\s\S]*appendfsync "sometimes"/,
    );
  });

  test("is gone, folder and all, after the process that started it was told to end", async () => {
    await using owner = await startInAnotherProcess();
    owner.child.kill("SIGTERM");
    await once(owner.child, "exit");
    expect(existsSync(owner.dir)).toBe(false);
    await vi.waitFor(async () => expect(await listens(owner.port)).toBe(false), { timeout: 10_000 });
  });

  test.runIf(process.platform === "linux")("ends even if the process that started it is killed", async () => {
    await using owner = await startInAnotherProcess();
    owner.child.kill("SIGKILL");
    await vi.waitFor(async () => expect(await listens(owner.port)).toBe(false), { timeout: 10_000 });
  });
});

test("a fresh Redis is emptied, Functions too, when it is asked for again", async () => {
  const first = await freshRedis();
  await withClient(first, async (redis) => {
    await redis.set("left", "over");
    await redis.function("LOAD", "#!lua name=left\nredis.register_function('over', function() return 1 end)");
  });
  const second = await freshRedis();
  expect(second.pid).toBe(first.pid);
  await withClient(second, async (redis) => {
    expect(await redis.dbsize()).toBe(0);
    expect(await redis.function("LIST")).toEqual([]);
  });
});
