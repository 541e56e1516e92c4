import { jsonCodec, protoCodec } from "./connect-codec.ts";
import { GrpcSender } from "./grpc/grpc-sender.ts";
import { Http1Sender } from "./http1/http1-sender.ts";
import type { Destination, Protocol, Sender } from "./sender.ts";

export const senderFor = (protocol: Protocol, to: Destination): Sender =>
  protocol === "grpc" ? new GrpcSender(to) : new Http1Sender(to, codecFor(protocol));

export const codecFor = (protocol: Exclude<Protocol, "grpc">) =>
  protocol === "connect" ? protoCodec : jsonCodec;
