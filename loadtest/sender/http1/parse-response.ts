/** One HTTP/1.1 response, whole. */
export interface HttpResponse {
  status: number;
  body: Buffer;
  /** The connection can take another request. */
  keepAlive: boolean;
  /** Bytes of the input that the response took, an interim response before it included. */
  sizeBytes: number;
}

const headLimitBytes = 65_536;
const bodyLimitBytes = 8_388_608;

/**
 * The response at the start of these bytes (RFC 9112), or undefined while it is incomplete. `ended`: no more bytes will follow.
 * Throws on what is not a response, and past 64 KiB of head or 8 MiB of body.
 */
export const parseResponse = (input: Buffer, ended: boolean): HttpResponse | undefined => {
  const headEnd = input.indexOf("\r\n\r\n");
  if (headEnd < 0) {
    if (input.length > headLimitBytes) throw new Error("the response's head is too long");
    return undefined;
  }
  const head = input.toString("latin1", 0, headEnd);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error("not an HTTP/1.1 response");
  const start = headEnd + 4;
  if (status.startsWith("1")) return after(start, parseResponse(input.subarray(start), ended));

  const response = {
    status: Number(status),
    keepAlive: head.startsWith("HTTP/1.1") && !/^connection:.*\bclose\b/im.test(head),
  };
  if (/^transfer-encoding:.*\bchunked[ \t]*$/im.test(head)) {
    const chunked = parseChunks(input, start);
    return chunked && { ...response, ...chunked };
  }
  const length = /^content-length:[ \t]*(\d+)[ \t]*$/im.exec(head)?.[1];
  if (length === undefined && status !== "204" && status !== "304")
    return ended
      ? { ...response, body: input.subarray(start), keepAlive: false, sizeBytes: input.length }
      : undefined;
  const end = start + Number(length ?? 0);
  if (end - start > bodyLimitBytes) throw new Error("the response's body is too long");
  return end > input.length ? undefined : { ...response, body: input.subarray(start, end), sizeBytes: end };
};

const after = (sizeBytes: number, response: HttpResponse | undefined): HttpResponse | undefined =>
  response && { ...response, sizeBytes: response.sizeBytes + sizeBytes };

const parseChunks = (input: Buffer, start: number): { body: Buffer; sizeBytes: number } | undefined => {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    if (at - start > bodyLimitBytes) throw new Error("the response's body is too long");
    const lineEnd = input.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(input.toString("latin1", at, lineEnd))?.[1];
    if (size === undefined) throw new Error("not the size of a chunk");
    const chunkStart = lineEnd + 2;
    const chunkEnd = chunkStart + Number.parseInt(size, 16);
    if (chunkEnd === chunkStart) {
      const sizeBytes = endOfTrailers(input, chunkStart);
      return sizeBytes === undefined ? undefined : { body: Buffer.concat(chunks), sizeBytes };
    }
    chunks.push(input.subarray(chunkStart, chunkEnd));
    at = chunkEnd + 2;
  }
};

const endOfTrailers = (input: Buffer, start: number): number | undefined => {
  for (let at = start; ; ) {
    const lineEnd = input.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    if (lineEnd === at) return lineEnd + 2;
    at = lineEnd + 2;
  }
};
