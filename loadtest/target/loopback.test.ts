import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test.each(["localhost", "127.0.0.1", "127.255.1.2", "::1"])("%s is this machine", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each([
  "0.0.0.0",
  "10.0.0.1",
  "::",
  "localhost.example.com",
  "127.0.0.1.example.com",
  "128.0.0.1",
  "example.com",
])("%s is not", (host) => {
  expect(isLoopback(host)).toBe(false);
});
