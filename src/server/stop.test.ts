import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { json, text } from "node:stream/consumers";
import type { ConnectRouter } from "@connectrpc/connect";
import { afterEach, expect, test } from "vitest";
import { startTarget, type Target, type TargetOptions } from "../../test/interop/target.ts";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";

let target: Target;
const path = "/allot.v1.CouponService/IssueCoupon";
const headers = { "content-type": "application/json" };

/** Calls wait here until they are let go. */
let held: (() => void)[] = [];
const letGo = () => {
  for (const answer of held.splice(0)) answer();
};

function holding(router: ConnectRouter): void {
  router.service(CouponService, {
    async issueCoupon({ userId }) {
      await new Promise<void>((resolve) => held.push(resolve));
      return { outcome: { case: "coupon", value: { code: userId } } };
    },
  });
}

async function start(options: TargetOptions = {}): Promise<void> {
  held = [];
  target = await startTarget({ routes: holding, ...options });
}
afterEach(async () => {
  letGo();
  await target.stop(100);
});

interface Called {
  status: number;
  body: unknown;
  connection?: string;
}

function callHttp1(userId: string, agent: http.Agent): Promise<Called> {
  return new Promise((resolve, reject) => {
    const request = http.request(target.url + path, { method: "POST", headers, agent }, async (response) => {
      const body = await json(response);
      resolve({ status: response.statusCode!, body, connection: response.headers.connection });
    });
    request.on("error", reject).end(JSON.stringify({ userId }));
  });
}

function callHttp2(userId: string, session: http2.ClientHttp2Session): Promise<Called> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers, ":method": "POST", ":path": path });
    stream.once("response", async (response) => {
      resolve({ status: Number(response[":status"]), body: await json(stream) });
    });
    stream.on("error", reject).once("close", () => reject(new Error("closed without an answer")));
    stream.end(JSON.stringify({ userId }));
  });
}

const refused = () =>
  once(net.connect(target.port), "connect").then(
    () => false,
    (error) => error.code === "ECONNREFUSED",
  );

test("what is in flight is answered over both protocols, what comes later is not taken", async () => {
  await start();
  const agent = new http.Agent({ keepAlive: true });
  const session = http2.connect(target.url);
  const users = [...Array(20).keys()].map((index) => `u${index}`);
  const calls = users.map((user, index) => (index % 2 ? callHttp1(user, agent) : callHttp2(user, session)));
  await expect.poll(() => held.length).toBe(20);

  const goaway = once(session, "goaway");
  const stopped = target.stop(60_000);
  expect(target.readiness.reasons.get("server")).toBe("stopping");
  await goaway;
  await expect.poll(refused).toBe(true);
  expect(held).toHaveLength(20);

  letGo();
  const answers = await Promise.all(calls);
  expect(answers.map(({ body }) => body)).toEqual(users.map((code) => ({ coupon: { code } })));
  expect(answers.map(({ status }) => status)).toEqual(users.map(() => 200));
  expect(answers[1]!.connection).toBe("close");
  await stopped;
  expect(session.closed).toBe(true);
});

test("while it is not ready any more it still answers, and sends connections away", async () => {
  await start({ graceMs: 60_000, routes: () => {} });
  const agent = new http.Agent({ keepAlive: true });
  const get = (path: string) =>
    once(http.get(target.url + path, { agent }), "response") as Promise<[http.IncomingMessage]>;
  const [before] = await get("/readyz");
  expect([before.statusCode, before.headers.connection]).toEqual([200, "keep-alive"]);
  await text(before);

  const stopped = target.stop(400);
  const [after] = await get("/readyz");
  expect([after.statusCode, after.headers.connection]).toEqual([503, "close"]);
  expect(await json(after)).toEqual({ status: "not ready", reasons: { server: "stopping" } });
  const [alive] = await get("/healthz");
  expect(alive.statusCode).toBe(200);
  await text(alive);
  await stopped;
});

test("idle connections don't hold it up", async () => {
  await start();
  const agent = new http.Agent({ keepAlive: true });
  await text((await once(http.get(`${target.url}/healthz`, { agent }), "response"))[0]);
  const session = http2.connect(target.url);
  await once(session, "remoteSettings");
  const silent = net.connect(target.port);
  await once(silent, "connect");
  await target.stop(600_000);
  await expect.poll(() => session.destroyed).toBe(true);
});

test("a connection that says something only when it is over doesn't hold it up either", async () => {
  await start();
  const late = net.connect(target.port);
  await once(late, "connect");
  const stopped = target.stop(600_000);
  await expect.poll(refused).toBe(true);
  late.on("error", () => {}).resume();
  late.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  late.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await stopped;
});

test("past the deadline what is left is cut, and the stop is over", async () => {
  await start();
  const session = http2.connect(target.url);
  const calls = [callHttp1("a", new http.Agent()), callHttp2("b", session)].map((call) =>
    call.then(
      () => "answered",
      () => "cut",
    ),
  );
  await expect.poll(() => held.length).toBe(2);
  await target.stop(100);
  expect(await Promise.all(calls)).toEqual(["cut", "cut"]);
});

test("a second stop joins the first", async () => {
  await start();
  await Promise.all([target.stop(60_000), target.stop(1)]);
});

test("clients that never pause lose nothing: what was done is answered, what is not answered was not done", async () => {
  let done = 0;
  const issueCoupon = () => {
    done++;
    return {};
  };
  await start({ graceMs: 100, routes: (router) => router.service(CouponService, { issueCoupon }) });
  let answered = 0;
  let stopping: Promise<void> | undefined;

  async function loop(call: () => Promise<Called>): Promise<string> {
    for (;;) {
      try {
        expect((await call()).status).toBe(200);
        if (++answered === 500) stopping = target.stop(60_000);
      } catch (error) {
        return String(error);
      }
    }
  }
  function http1(): Promise<string> {
    const agent = new http.Agent({ keepAlive: true });
    return loop(() => callHttp1("u", agent));
  }
  function http2Client(): Promise<string> {
    let session: http2.ClientHttp2Session | undefined;
    return loop(async () => {
      // As gRPC clients do: after GOAWAY the next call goes over a new connection.
      if (session === undefined || session.closed) {
        session = http2.connect(target.url);
        await once(session, "connect");
      }
      return callHttp2("u", session);
    });
  }
  const ends = await Promise.all([http1(), http1(), http1(), http1(), http2Client(), http2Client()]);
  // A connection that the kernel took, and the server no more, is reset; a call that crossed with GOAWAY is refused.
  for (const end of ends) expect(end).toMatch(/ECONNREFUSED|ECONNRESET|NGHTTP2_REFUSED_STREAM/);
  expect(done).toBe(answered);
  await stopping;
});
