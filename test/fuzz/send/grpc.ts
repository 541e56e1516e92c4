import http2 from "node:http2";
import type { CallInput } from "../input.ts";
import { type Answer, answerMs } from "./answer.ts";

/** gRPC over one HTTP/2 connection of Node's client, as long as the server keeps it. */
export class Grpc {
  readonly #url: string;
  #session: http2.ClientHttp2Session | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async send({ path, headers, body }: CallInput, streams: boolean): Promise<Answer> {
    const given: http2.OutgoingHttpHeaders = { ":method": "POST", ":path": path };
    for (const [name, value] of headers) given[name.toLowerCase()] = value;
    let stream: http2.ClientHttp2Stream;
    try {
      stream = this.#connected().request(given);
    } catch {
      return { outcome: "unsent", text: "" };
    }
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const chunks: Buffer[] = [];
    let told: http2.IncomingHttpHeaders = {};
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }, answerMs);
    const keep = (more: http2.IncomingHttpHeaders) => {
      told = { ...told, ...more };
    };
    stream
      .on("response", keep)
      .on("trailers", keep)
      .on("error", () => {});
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (streams) stream.close(http2.constants.NGHTTP2_CANCEL);
    });
    stream.on("close", () => {
      clearTimeout(timer);
      const message = Buffer.concat(chunks);
      const status = told[":status"] === undefined ? undefined : Number(told[":status"]);
      const code = told["grpc-status"];
      resolve({
        outcome: hung ? "hung" : status === undefined ? "closed" : "answered",
        status,
        code: code === undefined || code === "0" ? undefined : `grpc ${code}`,
        text: `${JSON.stringify(told)}\r\n\r\n${message.toString("latin1")}`,
        message: message.subarray(5),
      });
    });
    stream.end(body);
    return await promise;
  }

  close(): void {
    this.#session?.destroy();
  }

  #connected(): http2.ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = http2.connect(this.#url).on("error", () => {});
    }
    return this.#session;
  }
}
