import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Http1Head, readHttp1Head } from "./http1-head.ts";

const read = (head: string, body = "") => readHttp1Head(Buffer.from(head + body, "latin1"));
const usual = "POST /a.b.C/D HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n";

describe("a head that can be read in one way is read", () => {
  test("with names in lower case, and values as they are between their spaces", () => {
    const head = usual.replace("\r\n\r\n", "\r\nX-One:two \t words\t \r\nX-Empty:\r\n\r\n");
    expect(read(head, "{}")).toMatchObject({ path: "/a.b.C/D", bodyBytes: 2, sizeBytes: head.length });
    const { headers } = read(head) as Http1Head;
    expect([...headers]).toEqual([
      ["host", "here"],
      ["content-length", "2"],
      ["x-one", "two \t words"],
      ["x-empty", ""],
    ]);
  });

  test("once it is whole", () => {
    for (let length = 0; length < usual.length; length++)
      expect(read(usual.slice(0, length))).toBe("partial");
  });
});

test.each([
  ["another method", usual.replace("POST", "GET")],
  ["a query", usual.replace("C/D", "C/D?x")],
  ["a whole address", usual.replace("/a.b", "http://here/a.b")],
  ["another version", usual.replace("1.1", "1.0")],
  ["two spaces", usual.replace("POST ", "POST  ")],
  ["no host", usual.replace("Host: here\r\n", "")],
  ["no length", usual.replace("Content-Length: 2\r\n", "")],
  ["a length with a sign", usual.replace("2", "+2")],
  ["two lengths", usual.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n")],
  ["a header that is there twice", usual.replace("\r\n\r\n", "\r\nhost: there\r\n\r\n")],
  ["chunks", usual.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n")],
  ["a space before a colon", usual.replace("Host:", "Host :")],
  ["a folded line", usual.replace("here", "here\r\n there")],
  ["a bare line feed", usual.replace("here\r\n", "here\n")],
  ["a bare carriage return", usual.replace("here", "he\rre")],
  ["a zero byte", usual.replace("here", "he\0re")],
  ["a byte beyond ASCII", usual.replace("here", "h\xe9re")],
  ["a compressed body", usual.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n")],
  ["an expectation", usual.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")],
  ["an end of the connection", usual.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
  ["another protocol", usual.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")],
  ["more than node:http reads", usual.replace("here", "h".repeat(17_000))],
])("%s is left to node:http", (_, head) => {
  expect(read(head)).toBeUndefined();
});

describe("whatever is read here, node:http reads alike", () => {
  let server: http.Server;
  let seen: { path: string; headers: unknown; body: string } | undefined;
  beforeAll(async () => {
    server = http.createServer(async (request, response) => {
      seen = { path: request.url!, headers: { ...request.headers }, body: await text(request) };
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());

  async function asNodeReads(bytes: Buffer) {
    seen = undefined;
    const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(bytes);
    await once(socket, "data");
    socket.destroy();
    return seen;
  }

  test("whatever is done to a head", async () => {
    const piece = fc.constantFrom(
      ...["\r", "\n", "\r\n", " ", "\t", ":", "\0", "\x7f", "é", ",", ";", '"', "0", "2", "+", "-", "x"],
      ...[
        "Content-Length: 2",
        "Transfer-Encoding: chunked",
        "Host: other",
        "Connection: close",
        "X-A: b",
        "HTTP/1.1",
      ],
    );
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 3 }),
      put: fc.array(piece, { maxLength: 3 }),
    });
    const headers = "\r\nContent-Type: application/json\r\nX-Long: a\tb c\r\nAccept: */*\r\n\r\n";
    let readHere = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
        let head = usual.replace("\r\n\r\n", headers);
        for (const { at, remove, put } of edits) {
          const from = at % head.length;
          head = head.slice(0, from) + put.join("") + head.slice(from + remove);
        }
        const bytes = Buffer.from(`${head}{}`, "latin1");
        const mine = readHttp1Head(bytes);
        if (mine === undefined || mine === "partial" || bytes.length < mine.sizeBytes + mine.bodyBytes)
          return;
        readHere++;
        const message = bytes.subarray(0, mine.sizeBytes + mine.bodyBytes);
        expect(await asNodeReads(message)).toEqual({
          path: mine.path,
          headers: Object.fromEntries(mine.headers),
          body: message.toString("utf8", mine.sizeBytes),
        });
      }),
      { numRuns: 3_000 },
    );
    expect(readHere).toBeGreaterThan(300);
  });
});
