import type { Client } from "./client.ts";
import { connectGrpc, connectProto, connectWeb, fetchJson, grpcWeb } from "./connect-clients.ts";
import { bufCurl, grpcJs, python } from "./foreign-clients.ts";

/** Clients of ours and of others, by what they speak. */
export const allClients: Record<string, (url: string) => Client | Promise<Client>> = {
  "Connect JSON by fetch, HTTP/1.1": fetchJson,
  "Connect protobuf, HTTP/1.1": connectProto,
  "Connect-Web": connectWeb,
  "gRPC-Web": grpcWeb,
  "gRPC by connect-node, cleartext HTTP/2": connectGrpc,
  "gRPC by @grpc/grpc-js": grpcJs,
  "gRPC by Python": python,
  "buf curl, Connect": bufCurl("connect"),
  "buf curl, gRPC": bufCurl("grpc"),
  "buf curl, gRPC-Web": bufCurl("grpcweb"),
};
