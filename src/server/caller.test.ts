import { type Socket, SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadConfig } from "../config.ts";
import { callerOf, countedAddress } from "./caller.ts";

test("IPv4 counts as it is, IPv6 by its /64, however it is written", () => {
  expect(countedAddress("203.0.113.7")).toBe("203.0.113.7");
  expect(countedAddress("2001:db8:0:1:2:3:4:5")).toBe("2001:db8:0:1::/64");
  expect(countedAddress("2001:DB8::1:0:0:0:5")).toBe("2001:db8:0:1::/64");
  expect(countedAddress("::1")).toBe("0:0:0:0::/64");
  expect(countedAddress("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(countedAddress("::ffff:cb00:7107")).toBe("203.0.113.7");
  expect(countedAddress("64:ff9b::203.0.113.7")).toBe("64:ff9b:0:0::/64");
  for (const text of ["", "localhost", "203.0.113", "1.2.3.4:80", "2001:db8::/32", "::g"]) {
    expect(countedAddress(text)).toBeUndefined();
  }
});

test("every spelling of an IPv6 address counts as one, and only addresses of one /64 do", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const groups = fc.tuple(group, group, group, group, group, group, group, group);
  const spelled = (parts: number[]) => parts.map((part) => part.toString(16)).join(":");
  fc.assert(
    fc.property(groups, groups, (a, b) => {
      const counted = countedAddress(spelled(a));
      expect(countedAddress(spelled(a).toUpperCase())).toBe(counted);
      expect(countedAddress(new SocketAddress({ address: spelled(a), family: "ipv6" }).address)).toBe(
        counted,
      );
      expect(countedAddress(spelled([...a.slice(0, 4), ...b.slice(4)]))).toBe(counted);
      const differs = a.slice(0, 4).join() !== b.slice(0, 4).join();
      expect(countedAddress(spelled(b)) !== counted).toBe(differs);
    }),
  );
});

test.each([
  { peer: "2001:db8::1:2:3", forwarded: "1.1.1.1", trusted: undefined, exact: "2001:db8::1:2:3" },
  { peer: "fe80::1%eth0", forwarded: undefined, trusted: undefined, exact: "fe80::1" },
  { peer: "::ffff:198.51.100.1", forwarded: undefined, trusted: undefined, exact: "198.51.100.1" },
  { peer: "10.0.0.1", forwarded: "2001:db8::5", trusted: "10.0.0.0/8", exact: "2001:db8::5" },
  { peer: "10.0.0.1", forwarded: "::ffff:c633:6401", trusted: "10.0.0.0/8", exact: "198.51.100.1" },
  { peer: "2001:db8::9", forwarded: "1.1.1.1", trusted: "10.0.0.0/8", exact: "2001:db8::9" },
  { peer: undefined, forwarded: "1.1.1.1", trusted: "10.0.0.0/8", exact: "" },
])("from $peer, forwarded for $forwarded, trusting $trusted: $exact in full", (row) => {
  const { trustedProxies } = loadConfig(
    row.trusted === undefined ? {} : { ALLOT_TRUSTED_PROXIES: row.trusted },
  );
  const socket = { remoteAddress: row.peer } as Socket;
  expect(callerOf(socket, row.forwarded, trustedProxies).exact).toBe(row.exact);
});

test.each([
  { peer: "198.51.100.1", forwarded: "1.1.1.1", trusted: undefined, caller: "198.51.100.1" },
  { peer: "198.51.100.1", forwarded: "1.1.1.1", trusted: "10.0.0.0/8", caller: "198.51.100.1" },
  { peer: "10.0.0.1", forwarded: undefined, trusted: "10.0.0.0/8", caller: "10.0.0.1" },
  { peer: "10.0.0.1", forwarded: "1.1.1.1", trusted: "10.0.0.0/8", caller: "1.1.1.1" },
  { peer: "10.0.0.1", forwarded: "6.6.6.6, 1.1.1.1", trusted: "10.0.0.0/8", caller: "1.1.1.1" },
  { peer: "10.0.0.1", forwarded: "6.6.6.6, 1.1.1.1,10.9.9.9", trusted: "10.0.0.0/8", caller: "1.1.1.1" },
  { peer: "::ffff:10.0.0.1", forwarded: "1.1.1.1", trusted: "10.0.0.0/8", caller: "1.1.1.1" },
  { peer: "10.0.0.1", forwarded: "1.1.1.1:5678", trusted: "10.0.0.0/8", caller: "1.1.1.1" },
  { peer: "10.0.0.1", forwarded: "[2001:db8::1]:443", trusted: "10.0.0.0/8", caller: "2001:db8:0:0::/64" },
  { peer: "10.0.0.1", forwarded: "1.1.1.1, unknown, 10.0.0.2", trusted: "10.0.0.0/8", caller: "10.0.0.2" },
  { peer: "fd00::5", forwarded: "1.1.1.1", trusted: "fd00::/8,10.0.0.7", caller: "1.1.1.1" },
  { peer: "10.0.0.7", forwarded: "1.1.1.1", trusted: "fd00::/8,10.0.0.7", caller: "1.1.1.1" },
  { peer: undefined, forwarded: "1.1.1.1", trusted: "10.0.0.0/8", caller: "" },
])(
  "from $peer, forwarded for $forwarded, trusting $trusted: $caller",
  ({ peer, forwarded, trusted, caller }) => {
    const { trustedProxies } = loadConfig(trusted === undefined ? {} : { ALLOT_TRUSTED_PROXIES: trusted });
    const socket = { remoteAddress: peer } as Socket;
    expect(callerOf(socket, forwarded, trustedProxies).counted).toBe(caller);
  },
);
