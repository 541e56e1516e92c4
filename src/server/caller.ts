import { type BlockList, isIPv4, isIPv6, type Socket } from "node:net";
import { createContextKey } from "@connectrpc/connect";

/**
 * The caller's network address as limits count it (see countedAddress); empty where the connection was already gone. A handler reads
 * it with `context.values.get(callerAddress)`.
 */
export const callerAddress = createContextKey("", { description: "the caller's network address" });

/** The same address in full, for what is decided by networks. */
export const exactAddress = createContextKey("", { description: "the caller's network address in full" });

/** Where a call comes from; both empty where the connection was already gone. */
export interface Origin {
  /** In full, IPv4 in IPv6 as IPv4. */
  readonly exact: string;
  /** As limits count it. */
  readonly counted: string;
}

/**
 * One spelling for each address, IPv6 by its /64, which is what one subscriber has: `203.0.113.7`, `2001:db8:0:1::/64`. IPv4 in IPv6
 * (RFC 4291 §2.5.5.2) is IPv4. Undefined for what is no address.
 */
export function countedAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return undefined;
  const groups = ipv6Groups(text);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join(".");
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The peer's address, or what trusted proxies say: X-Forwarded-For from the right, up to the first address that isn't theirs. */
export function callerOf(
  socket: Socket,
  forwardedFor: string | undefined,
  trusted: BlockList | undefined,
): Origin {
  const peer = peerOf(socket);
  if (trusted === undefined || !contains(trusted, peer.exact)) return peer;
  const forwarded = (forwardedFor ?? "").split(",");
  let caller = peer.exact;
  for (const entry of forwarded.reverse()) {
    const address = plainAddress(entry.trim());
    // Whatever stands left of something unreadable was written by nobody we trust.
    if (countedAddress(address) === undefined) break;
    caller = address;
    if (!contains(trusted, address)) break;
  }
  return originAt(caller);
}

const peers = new WeakMap<object, Origin>();
const gone: Origin = { exact: "", counted: "" };

/** The same for all requests of a connection, so worked out once. */
function peerOf(socket: Socket): Origin {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = originAt(plainAddress(socket.remoteAddress ?? ""));
    // A connection that is gone has no address any more.
    if (peer !== gone) peers.set(socket, peer);
  }
  return peer;
}

function originAt(exact: string): Origin {
  const counted = countedAddress(exact);
  return counted === undefined ? gone : { exact, counted };
}

/** Without port, brackets, zone and IPv4-in-IPv6, as proxies and sockets add them. */
function plainAddress(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text;
  const withPort = /^([\d.]+):\d+$/.exec(bracketed)?.[1] ?? bracketed;
  const address = withPort.split("%", 1)[0]!;
  const mapped = address.startsWith("::") ? countedAddress(address) : undefined;
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}

/** Whether a plain address is in one of the networks. */
export function contains(list: BlockList, address: string): boolean {
  return (isIPv4(address) && list.check(address)) || (isIPv6(address) && list.check(address, "ipv6"));
}

function ipv6Groups(address: string): number[] {
  const [withoutZone = ""] = address.split("%", 1);
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(withoutZone);
  const text = dotted
    ? withoutZone.slice(0, dotted.index) +
      [dotted.slice(1, 3), dotted.slice(3, 5)]
        .map(([high, low]) => ((Number(high) << 8) | Number(low)).toString(16))
        .join(":")
    : withoutZone;
  const [head = "", tail] = text.split("::");
  const parse = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const left = parse(head);
  const right = parse(tail ?? "");
  return [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
}
