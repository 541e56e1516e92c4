/** The echo over node:http2 in the clear, as gRPC has it: a message behind five bytes, and the status in the trailers. */
import { createServer, type ServerHttp2Stream } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { IssueCouponRequestSchema, IssueCouponResponseSchema } from "../../src/gen/allot/v1/coupon_pb.js";
import { answerTo } from "./answer.ts";

const prefixBytes = 5;

function echo(framed: Buffer): Buffer {
  const request = fromBinary(IssueCouponRequestSchema, framed.subarray(prefixBytes));
  const message = toBinary(IssueCouponResponseSchema, create(IssueCouponResponseSchema, answerTo(request)));
  const answer = Buffer.allocUnsafe(prefixBytes + message.length);
  answer.writeUInt8(0, 0);
  answer.writeUInt32BE(message.length, 1);
  answer.set(message, prefixBytes);
  return answer;
}

createServer()
  .on("stream", (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(echo(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    });
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
