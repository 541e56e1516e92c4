import { which } from "../../test/servers/binary.ts";
import { byH2load } from "./by-h2load.ts";
import { byOwnClient } from "./by-own-client.ts";
import type { Drive } from "./drive.ts";

export interface Http2Options {
  connections: number;
  /** Calls at a time on each connection. */
  streams: number;
}

/** gRPC over HTTP/2 in the clear, the same request every time, as h2load can; undefined where it is not installed. */
export function byH2loadIfInstalled(options: Http2Options): Drive | undefined {
  if (which("h2load") === undefined) return undefined;
  return { generator: "h2load", inFlight: inFlight(options), run: (target) => byH2load(target, options) };
}

/** The same with a new user in every request. */
export function withNewUsers(options: Http2Options): Drive {
  return {
    generator: "own client",
    inFlight: inFlight(options),
    run: (target) => byOwnClient(target, options),
  };
}

const inFlight = ({ connections, streams }: Http2Options) => connections * streams;
