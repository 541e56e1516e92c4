import fc from "fast-check";
import { expect, test } from "vitest";
import { type HttpResponse, parseResponse } from "./parse-response.ts";

/** Feeds a response in pieces, as a socket would deliver it, and returns the first whole response. */
const parseInPieces = (bytes: Buffer, cuts: number[]): HttpResponse | undefined => {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  let pending = Buffer.alloc(0);
  let from = 0;
  for (const end of ends) {
    expect(parseResponse(pending, false), "complete before its last byte").toBeUndefined();
    pending = Buffer.concat([pending, bytes.subarray(from, end)]);
    from = end;
  }
  return parseResponse(pending, false);
};

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test("a response with a length is the same however it arrives", () => {
  fc.assert(
    fc.property(fc.constantFrom(200, 404, 503), body, cuts, (status, content, where) => {
      const head = `HTTP/1.1 ${status} Whatever\r\nDate: today\r\ncOnTent-length:  ${content.length} \r\n\r\n`;
      const bytes = Buffer.concat([Buffer.from(head), content]);
      const response = parseInPieces(bytes, where);
      expect(response).toEqual({ status, body: content, keepAlive: true, sizeBytes: bytes.length });
    }),
  );
});

test("a chunked response is the same however it is cut into chunks and pieces", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 })),
      fc.boolean(),
      cuts,
      (chunks, trailer, where) => {
        const bytes = Buffer.concat([
          Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)};ext=1\r\n`),
            chunk,
            Buffer.from("\r\n"),
          ]),
          Buffer.from(trailer ? "0\r\nX-Trailer: 1\r\n\r\n" : "0\r\n\r\n"),
        ]);
        const response = parseInPieces(bytes, where);
        expect(response).toEqual({
          status: 200,
          body: Buffer.concat(chunks),
          keepAlive: true,
          sizeBytes: bytes.length,
        });
      },
    ),
  );
});

test("what follows a response is left for the next one", () => {
  const bytes = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 ");
  const response = parseResponse(bytes, false)!;
  expect(bytes.subarray(response.sizeBytes).toString()).toBe("HTTP/1.1 503 ");
});

test("an interim response is passed over", () => {
  const bytes = Buffer.from("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  expect(parseResponse(bytes, false)).toMatchObject({ status: 200, sizeBytes: bytes.length });
});

test("without a length the end of the connection ends the response", () => {
  const bytes = Buffer.from("HTTP/1.1 200 OK\r\n\r\nall of it");
  expect(parseResponse(bytes, false)).toBeUndefined();
  expect(parseResponse(bytes, true)).toMatchObject({ keepAlive: false, body: Buffer.from("all of it") });
});

test.each(["Connection: close", "connection: keep-alive, Close"])("%s ends the connection", (header) => {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${header}\r\nContent-Length: 0\r\n\r\n`);
  expect(parseResponse(bytes, false)?.keepAlive).toBe(false);
});

test.each([
  "SSH-2.0-OpenSSH\r\n\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
])("%j is refused", (text) => {
  expect(() => parseResponse(Buffer.from(text), false)).toThrow();
});
