import type { Random } from "../../simulate/random.ts";
import type { CallInput, Header } from "../input.ts";

/** Values of headers that something in the server reads. */
const values: Readonly<Record<string, readonly string[]>> = {
  "Content-Type": [
    ...[
      "application/json; charset=utf-8",
      "application/json;charset=latin1",
      "APPLICATION/JSON",
      "application/proto",
    ],
    ...[
      "application/grpc",
      "application/grpc+",
      "application/grpc+xml",
      "application/grpc-web-text",
      "text/plain",
    ],
    ...[
      "application/connect+json",
      "application/connect+proto",
      "application/x-www-form-urlencoded",
      "",
      "*/*",
      ";",
    ],
  ],
  "Grpc-Timeout": [
    "1S",
    "0n",
    "1n",
    "99999999H",
    "100000000S",
    "-1S",
    "1",
    "S",
    "1s",
    " 1S",
    "1S, 1S",
    "NaNm",
    "9m",
  ],
  "Connect-Timeout-Ms": [
    "1",
    "0",
    "5",
    "9999999999",
    "99999999999",
    "-1",
    "1.5",
    "1e3",
    "0x10",
    "",
    "2147483648",
  ],
  "Connect-Protocol-Version": ["0", "2", "", "1, 1", "one"],
  "Content-Encoding": ["identity", "gzip", "br", "deflate", "zstd", "", "gzip, gzip", "x".repeat(200)],
  "Grpc-Encoding": ["identity", "gzip", "snappy", "", "GZIP"],
  "Grpc-Accept-Encoding": ["gzip", "identity,gzip,br", ",", "*", "x".repeat(2_000)],
  "Accept-Encoding": ["gzip", "br;q=0", "*;q=0.5", ""],
  Authorization: [
    ...[
      "",
      "Bearer",
      "Bearer ",
      "Basic YTpi",
      "bearer allot_",
      "Bearer allot__",
      "Bearer allot_x_y",
      "Bearer a.b.c",
    ],
    ...[
      "Bearer eyJhbGciOiJub25lIn0.e30.",
      "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AA",
      `Bearer ${"x".repeat(7_000)}`,
    ],
    ...["Bearer allot_\u00ff", "Bearer allot_a_b, Bearer allot_c_d"],
  ],
  "X-Forwarded-For": [
    ...["1.2.3.4", "1.2.3.4, 127.0.0.1", "2001:db8::1", "[2001:db8::1]:80", "unknown", "", ",", "1.2.3.4:99"],
    ...[
      "::ffff:1.2.3.4",
      "fe80::1%25eth0",
      "999.1.1.1",
      Array(400).fill("127.0.0.1").join(","),
      "a".repeat(5_000),
    ],
  ],
  Origin: [
    "https://shop.example",
    "null",
    "https://evil.example",
    "",
    "https://shop.example, https://x",
    "\u00ff",
  ],
  "Access-Control-Request-Method": ["POST", "DELETE", ""],
  Host: [
    "",
    "a b",
    "[::1",
    "x".repeat(300),
    "127.0.0.1:99999",
    "user@host",
    "shop.example/path",
    "\u00ff",
    "%",
    "a:b:c",
  ],
  "Content-Length": ["0", "1", "-1", "99999999999999999999", "5, 5", "0x5", "+5", "999999", " 7", ""],
  "Transfer-Encoding": ["chunked", "identity", "gzip, chunked", "chunked, chunked", "xchunked", ""],
  Connection: ["close", "keep-alive", "upgrade", "close, keep-alive", "content-length", "x".repeat(100)],
  Upgrade: ["h2c", "websocket", ""],
  "HTTP2-Settings": ["AAMAAABkAAQCAAAAAAIAAAAA", "", "!"],
  Expect: ["100-continue", "200-ok", ""],
  TE: ["trailers", "gzip", ""],
  Trailer: ["x", "content-length"],
  "X-User-Agent": ["\u00ff\u00fe", "x".repeat(300)],
  "Grpc-Metadata-Bin": ["AAAA", "=", "\u00ff"],
  Cookie: ["a=b; ".repeat(500)],
};
const names = Object.keys(values);

/** A request's headers with one or two that are not as they should be. */
export function oddHeaders(call: CallInput, random: Random): Header[] {
  let headers: Header[] = [...call.headers];
  for (let times = random.between(1, 2); times > 0; times--) {
    const name = random.pick(names);
    const header: Header = [spelt(name, random), random.pick(values[name]!)];
    switch (random.between(0, 5)) {
      case 0:
        headers.push(header);
        break;
      case 1:
        headers.unshift(header);
        break;
      case 2:
        headers = headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase());
        break;
      case 3:
        headers.push(oddHeader(random));
        break;
      default:
        headers = headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase());
        headers.push(header);
    }
  }
  return headers;
}

const spelt = (name: string, random: Random) =>
  random.pick([name, name, name.toLowerCase(), name.toUpperCase(), `${name} `]);

function oddHeader(random: Random): Header {
  return random.pick<Header>([
    ["x-long", "v".repeat(random.pick([8_000, 16_000, 17_000, 70_000]))],
    ["x-control", "a\u0001b"],
    ["x-nul", "a\u0000b"],
    ["x-cr", "a\rb"],
    ["x-folded", "a\r\n b"],
    ["x-injected", "a\r\nx-more: b"],
    ["x bad", "v"],
    ["", "v"],
    ["x-latin", "\u00e9\u00ff"],
    ["__proto__", "v"],
    ["constructor", "v"],
    [":path", "/x"],
    ["x".repeat(9_000), "v"],
  ]);
}
