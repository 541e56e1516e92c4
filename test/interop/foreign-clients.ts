import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { fromBinary, fromJson, type JsonObject, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { ensureDebian } from "../servers/debian.ts";
import { type Answer, type Client, methodNamed, reasonIn } from "./client.ts";

const root = join(import.meta.dirname, "../..");
const program = join(root, "node_modules/.bin/buf");
const buf = (...args: string[]) => promisify(execFile)(program, args, { cwd: root });

export function grpcJs(url: string): Client {
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  return {
    call(name, request) {
      const method = methodNamed(name);
      return new Promise((resolve) => {
        client.makeUnaryRequest(
          `/${method.parent.typeName}/${method.name}`,
          (message: JsonObject) => Buffer.from(toBinary(method.input, fromJson(method.input, message))),
          (bytes) => toJson(method.output, fromBinary(method.output, bytes)) as JsonObject,
          request as JsonObject,
          (error, ok) => resolve(error === null ? { ok: ok! } : failed(error)),
        );
      });
    },
    stream(name, request, count) {
      const method = methodNamed(name, "server_streaming");
      const call = client.makeServerStreamRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: JsonObject) => Buffer.from(toBinary(method.input, fromJson(method.input, message))),
        (bytes) => toJson(method.output, fromBinary(method.output, bytes)) as JsonObject,
        request as JsonObject,
      );
      const messages: JsonObject[] = [];
      return new Promise((resolve) => {
        call.on("data", (message) => {
          if (messages.push(message) < count) return;
          resolve({ ok: messages });
          call.cancel();
        });
        call.on("end", () => resolve({ ok: messages }));
        call.on("error", (error) => resolve(failed(error as grpc.ServiceError)));
      });
    },
    close: () => client.close(),
  };
}

function failed({ code, metadata }: grpc.ServiceError): Answer<never> {
  const [details] = metadata.get("grpc-status-details-bin");
  return { code: grpc.status[code], reason: reasonIn(Buffer.from(details ?? "")) };
}

/** Debian's own Python with python3-grpcio; it knows the contract by descriptors alone. */
export async function python(url: string): Promise<Client> {
  const hasGrpc = () => spawnSync("/usr/bin/python3", ["-c", "import grpc, google.protobuf"]).status === 0;
  ensureDebian(["python3-grpcio"], hasGrpc);
  const folder = await mkdtemp(join(tmpdir(), "allot-interop-"));
  const image = join(folder, "image.binpb");
  await buf("build", "--as-file-descriptor-set", "-o", image);
  const script = join(import.meta.dirname, "client.py");
  const child = spawn("/usr/bin/python3", [script, new URL(url).host, image], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function ask(question: object) {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error("the Python client ended; it needs: apt-get install python3-grpcio");
    const { details, ...answer } = JSON.parse(value);
    return "ok" in answer ? answer : { ...answer, reason: reasonIn(Buffer.from(details, "base64")) };
  }
  return {
    call: (method, request) => ask({ method, request }),
    stream: (method, request, count) => ask({ method, request, count }),
    async close() {
      child.stdin.end();
      await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

/** `buf curl`, which asks the server's reflection for the schema. */
export function bufCurl(protocol: "connect" | "grpc" | "grpcweb"): (url: string) => Client {
  const flags = ["curl", "--protocol", protocol, "--http2-prior-knowledge", "--emit-defaults=false"];
  return (url) => {
    const args = (method: string, request: JsonValue) => [
      ...flags,
      "-d",
      JSON.stringify(request),
      `${url}/allot.v1.${method}`,
    ];
    return {
      async call(method, request) {
        try {
          const { stdout } = await buf(...args(method, request));
          return { ok: JSON.parse(stdout) };
        } catch (error) {
          return failureIn((error as { stderr: string }).stderr);
        }
      },
      async stream(method, request, count) {
        // buf's program for npm starts the real one: in a group of their own they end together.
        const child = spawn(program, args(method, request), {
          cwd: root,
          stdio: ["ignore", "pipe", "pipe"],
          detached: true,
        });
        const ended = once(child, "close");
        const stderr = text(child.stderr);
        const messages: JsonObject[] = [];
        let message = "";
        for await (const line of createInterface({ input: child.stdout })) {
          message += line;
          // Each is printed over several lines, of which only the last begins with a brace that closes.
          if (!line.startsWith("}")) continue;
          messages.push(JSON.parse(message));
          message = "";
          if (messages.length === count) break;
        }
        if (messages.length === count) process.kill(-child.pid!);
        const [code] = await ended;
        return code === 0 || messages.length === count ? { ok: messages } : failureIn(await stderr);
      },
      close() {},
    };
  };
}

function failureIn(stderr: string): Answer<never> {
  const { code, details } = JSON.parse(stderr.slice(stderr.indexOf("{")));
  return { code: code.toUpperCase(), reason: reasonIn(Buffer.from(details[0].value, "base64")) };
}
