import { brotliCompressSync, gzipSync } from "node:zlib";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Random } from "../../simulate/random.ts";
import type { CallInput, Header } from "../input.ts";
import { oddHeaders } from "./headers.ts";
import { jsonMessage } from "./json.ts";
import { binaryMessage } from "./message.ts";
import type { Scalars } from "./scalars.ts";

export interface CallGrammar extends Scalars {
  readonly methods: ReadonlyMap<string, DescMethod>;
  /** Credentials that are good, the manager's first. */
  readonly credentials: readonly string[];
}

/** What is to be wrong with a call, if anything is. */
export type Subject = "protobuf" | "json" | "grpc" | "headers";

const seldom =
  /\/(EndCampaign|DeleteCampaign|PauseCampaign|BanParticipant|EraseParticipant|DrawWinners|Watch)$/;
const often = /CouponService|DrawService|RaffleService|LotteryService|CodePoolService/;

/** A call of some method over one of the protocols, with a message of its own. */
export function callInput(subject: Subject, grammar: CallGrammar): CallInput {
  const { random } = grammar;
  const path = pickMethod(grammar);
  const method = grammar.methods.get(path)!;
  const unary = method.methodKind === "unary";
  const json = subject === "json" || (subject !== "protobuf" && random.chance(0.4));
  const message = json
    ? Buffer.from(jsonMessage(method.input, grammar))
    : binaryMessage(method.input, grammar);
  const protocol =
    subject === "grpc" ? random.pick(["grpc", "grpc-web"] as const) : protocolFor(method, grammar);
  const format = json ? "json" : "proto";
  const headers: Header[] = [authorization(grammar)];
  if (protocol === "get") {
    const query = new URLSearchParams({ connect: "v1", encoding: format });
    query.set(
      ...(json
        ? (["message", String(message)] as const)
        : (["message", message.toString("base64url")] as const)),
    );
    if (!json || random.chance(0.05)) query.set("base64", "1");
    return finish(subject, grammar, {
      kind: "call",
      protocol,
      path: `${path}?${query}`,
      headers,
      body: Buffer.alloc(0),
    });
  }
  if (protocol === "connect") {
    headers.push(["Content-Type", unary ? `application/${format}` : `application/connect+${format}`]);
    if (random.chance(0.3)) headers.push(["Connect-Protocol-Version", "1"]);
    const body = unary ? message : framed(message, grammar, subject === "grpc");
    return finish(subject, grammar, { kind: "call", protocol, path, headers, body });
  }
  const base = protocol === "grpc" ? "application/grpc" : "application/grpc-web";
  headers.push(["Content-Type", json ? `${base}+json` : random.pick([base, `${base}+proto`])]);
  if (protocol === "grpc") headers.push(["TE", "trailers"]);
  const body = framed(message, grammar, subject === "grpc");
  return finish(subject, grammar, { kind: "call", protocol, path, headers, body });
}

/** Also for what no descriptor is needed for. */
export function pickMethod({ methods, random }: CallGrammar): string {
  const paths = [...methods.keys()];
  for (;;) {
    const path = random.pick(paths);
    if (seldom.test(path) ? random.chance(0.1) : often.test(path) || random.chance(0.5)) return path;
  }
}

function protocolFor(method: DescMethod, { random }: CallGrammar): CallInput["protocol"] {
  const drawn = random.unit();
  if (method.methodKind === "bidi_streaming") return "grpc";
  if (drawn < 0.15) return "grpc";
  if (drawn < 0.25) return "grpc-web";
  return drawn < 0.35 && method.idempotency === 1 ? "get" : "connect";
}

function authorization({ credentials, random }: CallGrammar): Header {
  return ["Authorization", `Bearer ${random.chance(0.93) ? credentials[0] : random.pick(credentials)}`];
}

function finish(subject: Subject, grammar: CallGrammar, call: CallInput): CallInput {
  const { random } = grammar;
  const compressed = subject !== "protobuf" && random.chance(0.06) ? compress(call, random) : call;
  return subject === "headers" ? { ...compressed, headers: oddHeaders(compressed, random) } : compressed;
}

/** With a compression that is what it says, or a bomb, or not. */
function compress(call: CallInput, random: Random): CallInput {
  const name = random.pick(["gzip", "br", "deflate", "zstd", "gzip, br"]);
  const plain = random.chance(0.1) ? Buffer.alloc(5 << 20) : call.body;
  const body = random.pick([
    () => gzipSync(plain),
    () => brotliCompressSync(plain),
    () => gzipSync(plain).subarray(0, random.between(0, 20)),
    () => Buffer.concat([gzipSync(plain), gzipSync(plain)]),
    () => plain,
  ])();
  const header = call.protocol === "connect" ? "Content-Encoding" : "Grpc-Encoding";
  return {
    ...call,
    headers: [...call.headers, [header, name]],
    body: call.protocol === "connect" ? body : envelope(body, 1),
  };
}

export function envelope(message: Buffer, flags = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** A message in its envelope; wrong, where that is the subject: flags, lengths, several, none, half of one. */
function framed(message: Buffer, { random, oddness }: CallGrammar, subject: boolean): Buffer {
  if (!random.chance(subject ? 0.8 : oddness * 0.1)) return envelope(message);
  switch (random.between(0, 9)) {
    case 0:
      return envelope(message, random.pick([1, 2, 3, 64, 127, 128, 129, 255]));
    case 1:
      return envelope(message, 0, random.pick([0, 1, message.length + 1, 65_537, 2 ** 31, 2 ** 32 - 1]));
    case 2:
      return Buffer.concat([envelope(message), envelope(message)]);
    case 3:
      return Buffer.concat([envelope(message), Buffer.from([0, 0])]);
    case 4:
      return envelope(message).subarray(0, random.between(0, message.length + 4));
    case 5:
      return Buffer.concat([envelope(Buffer.alloc(0)), envelope(message)]);
    case 6:
      return Buffer.concat([envelope(message), envelope(Buffer.from("{}"), 2)]);
    case 7:
      return Buffer.concat([envelope(message), envelope(Buffer.from("grpc-status: 0\r\n"), 128)]);
    case 8:
      return message;
    default:
      return Buffer.concat(Array(random.pick([3, 1_000])).fill(envelope(Buffer.alloc(0))));
  }
}
