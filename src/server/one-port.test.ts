import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectGrpc } from "../../test/interop/connect-clients.ts";
import { startTarget, type Target, type TargetOptions } from "../../test/interop/target.ts";

let target: Target;
afterEach(() => target.stop(1_000));

/** Impatient, so that what waits for its patience to end is soon over. */
async function start(options: TargetOptions = {}) {
  target = await startTarget({ ...options, env: { ALLOT_REQUEST_TIMEOUT_MS: "300", ...options.env } });
}

async function open(): Promise<net.Socket> {
  const socket = net.connect({ port: target.port, noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** All that comes until the end, be it an abrupt one: a server may cut off a client that is still sending. */
async function everythingFrom(socket: net.Socket): Promise<string> {
  let received = "";
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
  if (!socket.closed) await once(socket, "close");
  return received;
}

/** Sends the bytes in pieces that arrive one by one. */
async function send(socket: net.Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut <= from) continue;
    socket.write(bytes.subarray(from, cut));
    from = cut;
    for (let i = 0; i < 3; i++) await turn();
  }
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const ping = Buffer.from(
  [0, 0, 8, 6, 0, 0, 0, 0, 0, ..."12345678"].map((byte) =>
    typeof byte === "string" ? byte.charCodeAt(0) : byte,
  ),
);
const request = "GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";

describe("by the first bytes", () => {
  test("HTTP/2, however its first bytes are cut", async () => {
    await start();
    const bytes = Buffer.concat([preface, emptySettings, ping]);
    const everyByte = bytes.keys().toArray();
    const cuts = fc.oneof(fc.constant(everyByte), fc.constant([]), fc.subarray(everyByte));
    await fc.assert(
      fc.asyncProperty(cuts, async (cuts) => {
        const socket = await open();
        await send(socket, bytes, cuts);
        let received = Buffer.alloc(0);
        for await (const chunk of socket) {
          received = Buffer.concat([received, chunk]);
          // Settings come first (type 4), and the ping comes back, so everything was read.
          if (received.includes("12345678")) break;
        }
        expect(received[3]).toBe(4);
        socket.destroy();
      }),
      { numRuns: 30, examples: [[everyByte]] },
    );
  });

  test("HTTP/1.1, however its first bytes are cut", async () => {
    await start();
    const verbs = fc.constantFrom("GET", "POST", "PUT", "PROPFIND");
    await fc.assert(
      fc.asyncProperty(verbs, fc.array(fc.nat(40)), async (verb, cuts) => {
        const socket = await open();
        await send(
          socket,
          Buffer.from(request.replace("GET", verb)),
          cuts.sort((a, b) => a - b),
        );
        const status = verb === "GET" ? 200 : 405;
        expect(await everythingFrom(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      }),
      {
        numRuns: 30,
        examples: [["GET", [...Array(40).keys()]]],
      },
    );
  });

  test("neither", async () => {
    await start();
    for (const bytes of [
      "PRI * HTTP/1.1\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
      "\0\0\0",
      "hello\r\n\r\n",
    ]) {
      const socket = await open();
      socket.write(bytes);
      expect(await everythingFrom(socket)).toMatch(/^HTTP\/1.1 40[08] /);
    }
  });

  test("pipelined requests in the first bytes are all answered", async () => {
    await start();
    const socket = await open();
    const kept = request.replace("Connection: close\r\n", "");
    socket.write(kept + kept + request);
    expect((await everythingFrom(socket)).match(/^HTTP\/1.1 200 /gm)).toHaveLength(3);
  });
});

describe("impatience", () => {
  test.each([
    ["nothing", ""],
    ["half a preface", "PRI * HTT"],
  ])("a client that sends %s is cut off", async (_, bytes) => {
    await start();
    const socket = await open();
    socket.write(bytes);
    expect(await everythingFrom(socket)).toBe("");
  });

  test("a client that ends before it said anything is let go", async () => {
    await start({ env: { ALLOT_REQUEST_TIMEOUT_MS: "600000" } });
    const socket = await open();
    socket.end("PR");
    expect(await everythingFrom(socket)).toBe("");
  });

  test("headers that trickle in are not waited for", async () => {
    await start();
    const socket = await open();
    socket.write("GET / HTTP/1.1\r\n");
    const trickle = setInterval(() => socket.write("X-Slow: 1\r\n"), 20);
    try {
      expect(await everythingFrom(socket)).toMatch(/^(HTTP\/1.1 408 |$)/);
    } finally {
      clearInterval(trickle);
    }
  });

  const head = [
    "POST /allot.v1.CouponService/IssueCoupon HTTP/1.1",
    "Host: here",
    "Content-Type: application/json",
    "Content-Length: 1000",
  ];

  test("a body that trickles in is answered with DEADLINE_EXCEEDED, and the connection ends", async () => {
    await start();
    const socket = await open();
    socket.write(`${head.join("\r\n")}\r\n\r\n{`);
    const trickle = setInterval(() => socket.write(" "), 20);
    try {
      const answer = await everythingFrom(socket);
      expect(answer).toMatch(/^HTTP\/1.1 504 /);
      expect(answer).toContain('"code":"deadline_exceeded"');
    } finally {
      clearInterval(trickle);
    }
  });

  test("the same over HTTP/2 ends the stream, and the connection goes on", async () => {
    await start();
    const session = http2.connect(target.url);
    const stream = session.request({
      ":method": "POST",
      ":path": "/allot.v1.CouponService/IssueCoupon",
      "content-type": "application/grpc",
    });
    let trailers: http2.IncomingHttpHeaders = {};
    stream.once("trailers", (headers) => {
      trailers = headers;
    });
    stream.once("response", (headers) => {
      if ("grpc-status" in headers) trailers = headers;
    });
    stream.write(Buffer.from([0, 0, 0, 0, 9]));
    stream.resume();
    await once(stream, "close");
    expect(trailers["grpc-status"]).toBe("4");

    const next = session.request({ ":path": "/healthz" });
    expect(await text(next)).toBe('{"status":"ok"}\n');
    session.close();
  });
});

describe("limits of HTTP/2", () => {
  test("the number of streams is announced", async () => {
    await start({ env: { ALLOT_MAX_STREAMS: "7" } });
    const session = http2.connect(target.url);
    const [settings] = (await once(session, "remoteSettings")) as [http2.Settings];
    expect(settings.maxConcurrentStreams).toBe(7);
    session.destroy();
  });

  test("a client that resets one stream after the other is cut off", async () => {
    await start();
    const session = http2.connect(target.url);
    session.on("error", () => {});
    const goaway = once(session, "goaway");
    for (let count = 0; !session.closed && count < 2_000; count++) {
      const stream = session.request({ ":path": "/healthz" });
      stream.on("error", () => {});
      stream.close(http2.constants.NGHTTP2_CANCEL);
      if (count % 20 === 0) await turn();
    }
    await goaway;
    session.destroy();
  });
});

describe("TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "allot-tls-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const tls = { ALLOT_TLS_CERT: cert, ALLOT_TLS_KEY: key };
  let ca: string;
  beforeAll(() => {
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", key, "-out", cert];
    const kind = [
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    execFileSync("openssl", ["req", ...kind, ...subject, ...files], { stdio: "ignore" });
    ca = readFileSync(cert, "utf8");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("HTTP/2 where the client offers it", async () => {
    await start({ env: tls });
    expect(target.url).toMatch(/^https:/);
    const session = http2.connect(target.url, { ca });
    expect(await text(session.request({ ":path": "/healthz" }))).toBe('{"status":"ok"}\n');
    expect(session.alpnProtocol).toBe("h2");
    session.close();
  });

  test("HTTP/1.1 for everybody else", async () => {
    await start({ env: tls });
    const [response] = await once(https.get(`${target.url}/healthz`, { ca, agent: false }), "response");
    expect(response.httpVersion).toBe("1.1");
    expect(await text(response)).toBe('{"status":"ok"}\n');
  });

  test.each([
    { name: "TLS 1.3", offer: { minVersion: "TLSv1.3" as const }, taken: true },
    { name: "TLS 1.2 as HTTP/2 allows it", offer: { maxVersion: "TLSv1.2" as const }, taken: true },
    {
      name: "TLS 1.2 without authenticated encryption",
      offer: { maxVersion: "TLSv1.2" as const, ciphers: "ECDHE-ECDSA-AES128-SHA" },
      taken: false,
    },
    {
      name: "TLS 1.1",
      offer: { minVersion: "TLSv1" as const, maxVersion: "TLSv1.1" as const, ciphers: "ALL@SECLEVEL=0" },
      taken: false,
    },
  ])("$name: taken $taken", async ({ offer, taken }) => {
    await start({ env: tls });
    const { port } = new URL(target.url);
    const socket = connectTls({ host: "127.0.0.1", port: Number(port), ca, ...offer });
    const isTaken = once(socket, "secureConnect").then(
      () => true,
      () => false,
    );
    expect(await isTaken).toBe(taken);
    socket.destroy();
  });

  test("gRPC", async () => {
    await start({ env: tls });
    const client = connectGrpc(target.url, { ca });
    expect(await client.call("CouponService/IssueCoupon", { campaignId: "none", userId: "u" })).toMatchObject(
      {
        reason: "CAMPAIGN_NOT_FOUND",
      },
    );
    await client.close();
  });

  test("a client that speaks in clear, or not at all, is let go", async () => {
    await start({ env: tls });
    const clear = await open();
    clear.write(request);
    expect(await everythingFrom(clear)).not.toContain("200");
    expect(await everythingFrom(await open())).toBe("");
  });

  test("files that are no certificate stop the start with their names", async () => {
    await start();
    await expect(startTarget({ env: { ...tls, ALLOT_TLS_CERT: key } })).rejects.toThrow(
      /ALLOT_TLS_CERT.*not a PEM/,
    );
  });
});
