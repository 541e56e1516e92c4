import { fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  createGrpcWebTransport,
  createConnectTransport as createWebTransport,
} from "@connectrpc/connect-web";
import { reasonOf } from "../../src/rpc/errors.ts";
import { type Answer, type Client, methodNamed } from "./client.ts";

/** What a person does with curl. */
export function fetchJson(url: string): Client {
  return {
    async call(method, request) {
      const response = await fetch(`${url}/allot.v1.${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      const body = (await response.json()) as JsonObject;
      if (response.ok) return { ok: body };
      const [info] = body.details as { debug: { reason: string } }[];
      return { code: String(body.code).toUpperCase(), reason: info?.debug.reason ?? "" };
    },
    close() {},
  };
}

export function connectProto(url: string): Client {
  return overTransport(createConnectTransport({ baseUrl: url, httpVersion: "1.1", useBinaryFormat: true }));
}

/** A browser's client, on Node's fetch. */
export function connectWeb(url: string): Client {
  return overTransport(createWebTransport({ baseUrl: url }));
}

export function grpcWeb(url: string): Client {
  return overTransport(createGrpcWebTransport({ baseUrl: url }));
}

export function connectGrpc(url: string, nodeOptions: { ca?: string } = {}): Client {
  const sessionManager = new Http2SessionManager(url, undefined, nodeOptions);
  return overTransport(createGrpcTransport({ baseUrl: url, sessionManager }), () => sessionManager.abort());
}

function overTransport(transport: Transport, close = () => {}): Client {
  return {
    async call(name, request) {
      const method = methodNamed(name);
      const client = createClient(method.parent, transport) as Record<
        string,
        (message: unknown) => Promise<never>
      >;
      try {
        const response = await client[method.localName]!(fromJson(method.input, request));
        return { ok: toJson(method.output, response) as JsonObject };
      } catch (thrown) {
        return failed(thrown);
      }
    },
    async stream(name, request, count) {
      const method = methodNamed(name, "server_streaming");
      const client = createClient(method.parent, transport) as Record<
        string,
        (message: unknown, options: { signal: AbortSignal }) => AsyncIterable<never>
      >;
      const call = new AbortController();
      const messages: JsonObject[] = [];
      try {
        const { signal } = call;
        for await (const message of client[method.localName]!(fromJson(method.input, request), { signal })) {
          messages.push(toJson(method.output, message) as JsonObject);
          if (messages.length === count) break;
        }
        return { ok: messages };
      } catch (thrown) {
        return failed(thrown);
      } finally {
        call.abort();
      }
    },
    close,
  };
}

function failed(thrown: unknown): Answer<never> {
  const error = ConnectError.from(thrown);
  const code = Code[error.code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return { code, reason: reasonOf(error) ?? "" };
}
