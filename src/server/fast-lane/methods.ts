import type {
  DescMessage,
  DescMethod,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Codec, reflectiveCodec } from "./codec.ts";

/** A method with one request and one answer, and the handler that connect has for it too. */
export interface UnaryMethod {
  readonly desc: DescMethodUnary;
  /** As metrics and logs name it: `allot.v1.CouponService/IssueCoupon`. */
  readonly name: string;
  handle(
    request: MessageShape<DescMessage>,
    context: HandlerContext,
  ): MessageInitShape<DescMessage> | Promise<MessageInitShape<DescMessage>>;
  readonly codec: Codec;
}

/**
 * A router that registers everything with another one, and remembers the unary methods by their paths. `codecs` are those of methods that are worth
 * one of their own.
 */
export function recordUnary(
  router: ConnectRouter,
  codecs: ReadonlyMap<DescMethod, Codec>,
): { router: ConnectRouter; methods: ReadonlyMap<string, UnaryMethod> } {
  const methods = new Map<string, UnaryMethod>();
  function record(desc: DescMethod, handle: unknown): void {
    if (!isUnary(desc)) return;
    const name = `${desc.parent.typeName}/${desc.name}`;
    const codec = codecs.get(desc) ?? reflectiveCodec(desc);
    methods.set(`/${name}`, { desc, name, handle: handle as UnaryMethod["handle"], codec });
  }
  const recording: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      router.service(service, implementation, options);
      const of: Partial<ServiceImpl<DescService>> = implementation;
      for (const desc of service.methods) {
        const handle: unknown = of[desc.localName];
        if (typeof handle === "function") record(desc, handle.bind(implementation));
      }
      return this;
    },
    rpc(desc, handle, options) {
      router.rpc(desc, handle, options);
      record(desc, handle);
      return this;
    },
  };
  return { router: recording, methods };
}

const isUnary = (desc: DescMethod): desc is DescMethodUnary & DescMethod => desc.methodKind === "unary";
