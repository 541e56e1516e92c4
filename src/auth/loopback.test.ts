import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test.each(["localhost", "LocalHost", "127.0.0.1", "127.3.2.1", "::1", "0:0:0:0:0:0:0:1"])(
  "%s is reached from this machine only",
  (host) => expect(isLoopback(host)).toBe(true),
);

test.each(["", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::2", "localhost.example", "127.0.0.1.example"])(
  "%j may be reached from elsewhere",
  (host) => expect(isLoopback(host)).toBe(false),
);
