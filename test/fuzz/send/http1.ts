import { connect, type Socket } from "node:net";
import type { CallInput } from "../input.ts";
import { type Answer, answerMs } from "./answer.ts";

/** What is kept of an answer that goes on and on. */
const mostBytes = 1 << 20;

/** Connections over HTTP/1.1, kept as long as the server keeps them; what is sent is written byte by byte, whatever it is. */
export class Http1 {
  readonly #port: number;
  readonly #idle: Socket[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** `streams`: the answer may have no end, so its beginning is enough. */
  async send(input: CallInput, streams: boolean): Promise<Answer> {
    const socket = this.#idle.pop() ?? connect(this.#port, "127.0.0.1");
    socket.removeAllListeners();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (answer: Answer, keep = false) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      if (keep && !socket.destroyed) {
        this.#idle.push(socket);
        socket.on("data", () => this.#drop(socket)).on("close", () => this.#drop(socket));
        socket.on("error", () => this.#drop(socket));
      } else {
        socket.on("error", () => {}).destroy();
      }
      resolve(answer);
    };
    const timer = setTimeout(() => settle({ outcome: "hung", text: bytes.toString("latin1") }), answerMs);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const answer = readAnswer(bytes, streams || bytes.length > mostBytes);
      if (answer !== undefined) settle(answer, !streams && answer.keeps && bytes.length <= mostBytes);
    });
    const onClosed = () => {
      const answer = readAnswer(bytes, true);
      settle(answer ?? { outcome: "closed", text: bytes.toString("latin1") });
    };
    socket.on("close", onClosed).on("error", onClosed);
    socket.write(headOf(input), "latin1");
    if (input.body.length > 0 && input.protocol !== "get") socket.write(input.body);
    return await promise;
  }

  close(): void {
    for (const socket of this.#idle.splice(0))
      socket
        .removeAllListeners()
        .on("error", () => {})
        .destroy();
  }

  #drop(socket: Socket): void {
    const at = this.#idle.indexOf(socket);
    if (at >= 0) this.#idle.splice(at, 1);
    socket.destroy();
  }
}

function headOf({ protocol, path, headers, body }: CallInput): string {
  let head = `${protocol === "get" ? "GET" : "POST"} ${path} HTTP/1.1\r\n`;
  const has = (name: string) => headers.some(([given]) => given.toLowerCase() === name);
  if (!has("host")) head += "Host: 127.0.0.1\r\n";
  if (protocol !== "get" && !has("content-length") && !has("transfer-encoding"))
    head += `Content-Length: ${body.length}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}

/** The answer at the beginning of these bytes; undefined: it is not all there. */
function readAnswer(bytes: Buffer, early: boolean): (Answer & { keeps: boolean }) | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (status === 100) return readAnswer(bytes.subarray(headEnd + 4), early);
  const rest = bytes.subarray(headEnd + 4);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const chunked = /^transfer-encoding: chunked/im.test(head);
  const body = length !== undefined ? wholeBody(rest, Number(length)) : chunked ? unchunk(rest) : undefined;
  const bodiless = status === 204 || status === 304;
  if (body === undefined && !early && !bodiless) return undefined;
  const message = body ?? rest;
  const text = `${head}\r\n\r\n${message.toString("latin1")}`;
  return {
    outcome: "answered",
    status,
    code: codeIn(head, message),
    text,
    message,
    keeps: !/^connection: close/im.test(head),
  };
}

const wholeBody = (rest: Buffer, length: number) =>
  rest.length >= length ? rest.subarray(0, length) : undefined;

function unchunk(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(parts);
    if (rest.length < lineEnd + 2 + size + 2) return undefined;
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** Connect's code is in the body, gRPC-Web's in headers or in the last envelope. */
function codeIn(head: string, body: Buffer): string | undefined {
  const text = body.toString("latin1");
  const grpc = /grpc-status: ?(\d+)/i.exec(head)?.[1] ?? /grpc-status: ?(\d+)/i.exec(text)?.[1];
  if (grpc !== undefined) return grpc === "0" ? undefined : `grpc ${grpc}`;
  return /"code":\s*"(\w+)"/.exec(
    /^content-type: application\/(connect\+)?json/im.test(head) && !/^HTTP\/1\.1 200/.test(head) ? text : "",
  )?.[1];
}
