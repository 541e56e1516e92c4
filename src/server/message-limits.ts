import type { DescMethod, DescMethodUnary, DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";

/** The message of a batch, against those of other methods. */
const batchFactor = 16;

/** How large the messages of each method may be. */
export class MessageLimits {
  /** Of methods that are no batches. */
  readonly usualBytes: number;
  readonly #batches: ReadonlySet<DescMethodUnary>;

  constructor(usualBytes: number, batches: ReadonlySet<DescMethodUnary>) {
    this.usualBytes = usualBytes;
    this.#batches = batches;
  }

  /** In bytes, after decompression. */
  of(method: DescMethod): number {
    return this.#batches.has(method as DescMethodUnary) ? this.usualBytes * batchFactor : this.usualBytes;
  }

  /** A router that holds batches to a limit of their own: connect has one for all methods of a service. */
  router(router: ConnectRouter): ConnectRouter {
    return {
      handlers: router.handlers,
      rpc: router.rpc,
      service: (service, implementation, options) => {
        router.service(service, implementation, options);
        const of: Partial<ServiceImpl<DescService>> = implementation;
        for (const method of this.#batches) {
          const handle: unknown = of[method.localName];
          if (method.parent !== service || typeof handle !== "function") continue;
          // The later one of a path counts.
          router.rpc(method, handle.bind(implementation), { ...options, readMaxBytes: this.of(method) });
        }
        return router;
      },
    };
  }
}
