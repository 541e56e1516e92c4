import { which } from "../../test/servers/binary.ts";
import { byAutocannon } from "./by-autocannon.ts";
import { byWrk } from "./by-wrk.ts";
import { type Drive, issueCouponPath, issueCouponsPath } from "./drive.ts";

/** A content type of Connect. `Proto` means the same, and is not what the fast path is made for: connect-node's own adapter answers it. */
export type ContentType = "application/proto" | "application/Proto" | "application/json";

export interface Http1Options {
  connections: number;
  contentType: ContentType;
  /** Of a method whose requests are like IssueCoupon's. */
  path: string;
  /** Requests in a message of IssueCoupons, in protobuf; absent: each is a message of its own. */
  batch?: number;
}

/** wrk where it is installed, because it leaves the cores to what is measured; else autocannon. */
export const http1Generator = which("wrk") ? "wrk" : "autocannon";

const run = http1Generator === "wrk" ? byWrk : byAutocannon;

/** Connect over HTTP/1.1, a new user with every request. */
export function overHttp1(
  connections: number,
  contentType: ContentType = "application/proto",
  path: string = issueCouponPath,
): Drive {
  return {
    generator: http1Generator,
    inFlight: connections,
    run: (target) => run(target, { connections, contentType, path }),
  };
}

/** IssueCoupons, each request in it for a new user. */
export function inBatches(connections: number, batch: number): Drive {
  return {
    generator: http1Generator,
    inFlight: connections * batch,
    inBatches: true,
    run: (target) =>
      run(target, { connections, contentType: "application/proto", path: issueCouponsPath, batch }),
  };
}
