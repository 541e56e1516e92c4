/** The head of an HTTP/1.1 request that leaves no room for interpretation. */
export interface Http1Head {
  /** With the blank line at its end. */
  readonly sizeBytes: number;
  readonly path: string;
  /** By lower-case names, each of which was there once. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: number;
}

/** Node's own bound on the headers of a request. */
const maxBytes = 16_384;
const end = Buffer.from("\r\n\r\n");
const requestLine = /^POST (\/[\w.]+\/\w+) HTTP\/1\.1\r\n/;
/** RFC 9112 §5, without what recipients are free to read in several ways: bytes beyond ASCII, folded lines, spaces before the colon. */
const headerLine = /([\w!#$%&'*+\-.^`|~]+):[ \t]*((?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?)[ \t]*\r\n/y;

/** Headers that change how a message is framed or a connection used, or that only the whole of HTTP knows what to do with. */
const intricate = [
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "content-encoding",
  "http2-settings",
];

/**
 * Reads a request's head where there is one way to read it: a POST with a length and headers that are there once. `partial`: it goes on beyond these
 * bytes. Undefined for everything else, which a full HTTP parser takes; so whatever is unusual or wrong is judged in one place, there.
 */
export function readHttp1Head(bytes: Buffer): Http1Head | "partial" | undefined {
  const endAt = bytes.indexOf(end);
  if (endAt < 0) return bytes.length < maxBytes ? "partial" : undefined;
  if (endAt > maxBytes) return undefined;
  const text = bytes.toString("latin1", 0, endAt + 2);
  const line = requestLine.exec(text);
  if (line === null) return undefined;
  const headers = new Map<string, string>();
  for (let at = line[0].length; at < text.length; at = headerLine.lastIndex) {
    headerLine.lastIndex = at;
    const match = headerLine.exec(text);
    if (match === null) return undefined;
    const name = match[1]!.toLowerCase();
    if (headers.has(name)) return undefined;
    headers.set(name, match[2]!);
  }
  const length = headers.get("content-length");
  if (length === undefined || !/^\d{1,9}$/.test(length)) return undefined;
  if (!headers.get("host") || intricate.some((name) => headers.has(name))) return undefined;
  const connection = headers.get("connection");
  if (connection !== undefined && connection.toLowerCase() !== "keep-alive") return undefined;
  return { sizeBytes: endAt + end.length, path: line[1]!, headers, bodyBytes: Number(length) };
}
