import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";
import type { Readiness } from "../server/readiness.ts";
import { fault } from "./errors.ts";

/** grpc.health.v1: every one of the services, and "" for the server as a whole, serves while the server is ready. */
export function healthRoutes(
  services: readonly DescService[],
  readiness: Readiness,
): (router: ConnectRouter) => void {
  const names = new Set(["", Health.typeName, ...services.map(({ typeName }) => typeName)]);
  const current = () => (readiness.ready ? Status.SERVING : Status.NOT_SERVING);

  return (router) =>
    router.service(Health, {
      check({ service }) {
        if (!names.has(service)) throw fault("SERVICE_NOT_FOUND", "there is no such service here");
        return { status: current() };
      },
      /** The status and then every change of it, until the client or the server ends the stream. */
      async *watch({ service }, { signal }) {
        let wake = () => {};
        const forget = readiness.onChange(() => wake());
        signal.addEventListener("abort", () => wake());
        try {
          for (let told: Status | undefined; ; ) {
            signal.throwIfAborted();
            const { promise: changed, resolve } = Promise.withResolvers<void>();
            wake = resolve;
            const status = names.has(service) ? current() : Status.SERVICE_UNKNOWN;
            if (status !== told) yield { status };
            told = status;
            await changed;
          }
        } finally {
          forget();
        }
      },
    });
}
