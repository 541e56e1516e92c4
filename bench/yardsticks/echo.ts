/** node:http and protobuf-es: the request is decoded, an answer with a coupon made and encoded; no store, no rules, no errors. */
import { createServer } from "node:http";
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { IssueCouponRequestSchema, IssueCouponResponseSchema } from "../../src/gen/allot/v1/coupon_pb.js";
import { answerTo } from "./answer.ts";

const json = "application/json";

function echo(type: string, body: Buffer): Uint8Array | string {
  const request =
    type === json
      ? fromJsonString(IssueCouponRequestSchema, body.toString())
      : fromBinary(IssueCouponRequestSchema, body);
  const answer = create(IssueCouponResponseSchema, answerTo(request));
  return type === json
    ? toJsonString(IssueCouponResponseSchema, answer)
    : toBinary(IssueCouponResponseSchema, answer);
}

createServer((request, response) => {
  const type = request.headers["content-type"]!;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const answer = echo(type, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(answer) });
    response.end(answer);
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
