import {
  create,
  createRegistry,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  ServerReflection as V1,
} from "../gen/grpc/reflection/v1/reflection_pb.js";
import {
  ServerReflectionRequestSchema as AlphaRequestSchema,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  ServerReflection as V1Alpha,
} from "../gen/grpc/reflection/v1alpha/reflection_pb.js";

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"];

/** Server reflection of the services, of health and of itself, so that tools need no schema: v1, and v1alpha, the same on the wire. */
export function reflectionRoutes(services: readonly DescService[]): (router: ConnectRouter) => void {
  const listed = [...services, Health, V1, V1Alpha];
  const names = listed.map(({ typeName }) => typeName).sort();
  const files = new Map(withImports(listed.map(({ file }) => file)).map((file) => [file.proto.name, file]));
  const registry = createRegistry(...files.values());

  /** `sent` is what this stream has been sent already: a file goes out once. */
  function answer(
    { messageRequest: { case: asked, value } }: ServerReflectionRequest,
    sent: Set<DescFile>,
  ): Answer {
    switch (asked) {
      case "listServices":
        return { case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } };
      case "fileByFilename":
        return fileAnswer(files.get(value), sent);
      case "fileContainingSymbol":
        return fileAnswer(fileWith(registry, value), sent);
      case "fileContainingExtension":
        return errorAnswer(Code.NotFound, "there are no extensions here");
      case "allExtensionNumbersOfType":
        return registry.getMessage(value)
          ? { case: "allExtensionNumbersResponse", value: { baseTypeName: value } }
          : errorAnswer(Code.NotFound, "there is no such message type here");
      default:
        return errorAnswer(Code.InvalidArgument, "the request asks for nothing");
    }
  }

  async function* reflect(requests: AsyncIterable<ServerReflectionRequest>, signal: AbortSignal) {
    const sent = new Set<DescFile>();
    for await (const request of until(signal, requests)) {
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, sent) };
    }
  }

  return (router) => {
    router.service(V1, {
      serverReflectionInfo: (requests, { signal }) => reflect(requests, signal),
    });
    router.service(V1Alpha, {
      async *serverReflectionInfo(requests, { signal }) {
        const asV1 = mapped(requests, (request) =>
          fromBinary(ServerReflectionRequestSchema, toBinary(AlphaRequestSchema, request)),
        );
        for await (const response of reflect(asV1, signal)) {
          const message = create(ServerReflectionResponseSchema, response);
          yield fromBinary(AlphaResponseSchema, toBinary(ServerReflectionResponseSchema, message));
        }
      },
    });
  };
}

/** The file with everything it imports, as a tool needs it to understand the file. */
function fileAnswer(file: DescFile | undefined, sent: Set<DescFile>): Answer {
  if (file === undefined) return errorAnswer(Code.NotFound, "there is no such file or symbol here");
  const due = withImports([file]).filter((each) => each === file || !sent.has(each));
  for (const each of due) sent.add(each);
  const fileDescriptorProto = due.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

/** gRPC's status codes and Connect's are the same numbers. */
function errorAnswer(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

/** A symbol is a type, or by its name within one a method, a field, a oneof or an enum's value. */
function fileWith(registry: Registry, symbol: string): DescFile | undefined {
  const type = registry.get(symbol);
  if (type !== undefined) return type.file;
  const dot = symbol.lastIndexOf(".");
  const name = symbol.slice(dot + 1);
  const parent = registry.get(symbol.slice(0, Math.max(dot, 0)));
  const members =
    parent?.kind === "service" ? parent.methods : parent?.kind === "message" ? parent.members : [];
  return members.some((member) => member.name === name) ? parent?.file : enumValueFile(registry, symbol);
}

/** An enum's values are named beside it, not within. */
function enumValueFile(registry: Registry, symbol: string): DescFile | undefined {
  for (const type of registry) {
    if (type.kind !== "enum") continue;
    const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
    if (type.values.some(({ name }) => scope + name === symbol)) return type.file;
  }
  return undefined;
}

function withImports(files: readonly DescFile[], found = new Set<DescFile>()): DescFile[] {
  for (const file of files) {
    if (found.has(file)) continue;
    found.add(file);
    withImports(file.dependencies, found);
  }
  return [...found];
}

async function* mapped<A, B>(items: AsyncIterable<A>, change: (item: A) => B) {
  for await (const item of items) yield change(item);
}

/** The items until the signal, which ends the wait for the next one too. */
async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>) {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([iterator.next(), aborted.promise]);
    if (done) return;
    yield value;
  }
}
