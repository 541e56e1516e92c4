import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { ensureDebian } from "../servers/debian.ts";
import { type Client, methodNamed, reasonIn } from "./client.ts";

const root = join(import.meta.dirname, "../..");
const buf = (...args: string[]) =>
  promisify(execFile)(join(root, "node_modules/.bin/buf"), args, { cwd: root });

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
          (error, ok) => {
            if (error === null) return resolve({ ok: ok! });
            const [details] = error.metadata.get("grpc-status-details-bin");
            resolve({ code: grpc.status[error.code], reason: reasonIn(Buffer.from(details ?? "")) });
          },
        );
      });
    },
    close: () => client.close(),
  };
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
  return {
    async call(method, request) {
      child.stdin.write(`${JSON.stringify({ method, request })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error("the Python client ended; it needs: apt-get install python3-grpcio");
      const { details, ...answer } = JSON.parse(value);
      return "ok" in answer ? answer : { ...answer, reason: reasonIn(Buffer.from(details, "base64")) };
    },
    async close() {
      child.stdin.end();
      await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

/** `buf curl`, which asks the server's reflection for the schema. */
export function bufCurl(protocol: "connect" | "grpc" | "grpcweb"): (url: string) => Client {
  return (url) => ({
    async call(method, request) {
      const flags = ["curl", "--protocol", protocol, "--http2-prior-knowledge", "--emit-defaults=false"];
      try {
        const { stdout } = await buf(...flags, "-d", JSON.stringify(request), `${url}/allot.v1.${method}`);
        return { ok: JSON.parse(stdout) };
      } catch (error) {
        const { stderr } = error as { stderr: string };
        const { code, details } = JSON.parse(stderr.slice(stderr.indexOf("{")));
        return { code: code.toUpperCase(), reason: reasonIn(Buffer.from(details[0].value, "base64")) };
      }
    },
    close() {},
  });
}
