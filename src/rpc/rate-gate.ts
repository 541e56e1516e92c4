import { type Caller, caller } from "../auth/caller.ts";
import { isOpen, rolesFor } from "../auth/roles.ts";
import { callerAddress } from "../server/caller.ts";
import { Fault, type FaultReason, fault } from "./errors.ts";
import type { Gate, GatedCall } from "./gate.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";

/** Undefined: no limit. */
export interface Rates {
  /** Of an API key or a service's token. */
  readonly ratePerKey: Rate | undefined;
  /** Of a user, whoever asks for it. */
  readonly ratePerUser: Rate | undefined;
  /** Of everybody who is no service. */
  readonly ratePerAddress: Rate | undefined;
}

const keyHeader = /^bearer +allot_/i;
const refusals = new Set<FaultReason>(["UNAUTHENTICATED", "NOT_ALLOWED"]);

/**
 * The gate that knows callers, and holds them to their rates. A service counts by its key or token, and the user it asks for by itself in what users may
 * call, but not in batches; users and everybody else count by their address too. A batch counts as many times as it has requests. Calls
 * that `auth` refuses count by their address, and past its rate are not even told that. Throws RATE_LIMITED. Each process counts for itself.
 */
export function rateGate(auth: Gate, rates: Rates, nowMs?: () => number): Gate {
  const limitOf = (rate: Rate | undefined) => rate && new RateLimit(rate, nowMs);
  const perKey = limitOf(rates.ratePerKey);
  const perUser = limitOf(rates.ratePerUser);
  const perAddress = limitOf(rates.ratePerAddress);
  if (!perKey && !perUser && !perAddress) return auth;

  function count(call: GatedCall, message: unknown): void {
    const { values } = call;
    const by = values.get(caller);
    const service = serviceOf(by);
    const requests = requestsIn(message);
    const user =
      by?.role === "user" ? by.subject : requests === undefined ? askedFor(call, message) : undefined;
    const counted: [RateLimit | undefined, string | undefined, string][] = [
      [perKey, service, "from this API key or token"],
      [perUser, user, "for this user"],
      [perAddress, service === undefined ? values.get(callerAddress) : undefined, "from this address"],
    ];
    for (const [limit, name, whose] of counted) if (limit && name !== undefined) check(limit, name, whose);
    for (const [limit, name] of counted) if (limit && name !== undefined) limit.take(name, requests ?? 1);
  }

  /** Throws what the caller is told. */
  function refuse(thrown: unknown, address: string): never {
    // An outage is not the caller's mistake.
    const isRefusal = thrown instanceof Fault && refusals.has(thrown.reason);
    if (perAddress && isRefusal) {
      check(perAddress, address, "from this address");
      perAddress.take(address, 1);
    }
    throw thrown;
  }

  return (call, message) => {
    if (isOpen(call.method.parent.typeName)) return;
    const address = call.values.get(callerAddress);
    // To check a token's signature costs more than most calls: whoever sends bad ones is not worth it. A key is checked in no time.
    if (perAddress && !keyHeader.test(call.header("authorization") ?? ""))
      check(perAddress, address, "from this address");
    let judged: void | Promise<void>;
    try {
      judged = auth(call, message);
    } catch (thrown) {
      refuse(thrown, address);
    }
    if (judged === undefined) return count(call, message);
    return judged.then(
      () => count(call, message),
      (thrown) => refuse(thrown, address),
    );
  };
}

function check(limit: RateLimit, name: string, whose: string): void {
  const waitMs = limit.waitMs(name);
  if (waitMs > 0) throw fault("RATE_LIMITED", `Too many calls ${whose}: wait before the next one.`, waitMs);
}

function serviceOf(by: Caller | undefined): string | undefined {
  if (by === undefined || by.role === "user") return undefined;
  return by.keyId === undefined ? by.subject && `token ${by.subject}` : `key ${by.keyId}`;
}

/** How many a batch has; undefined: it is none. */
function requestsIn(message: unknown): number | undefined {
  const { requests } = (message ?? {}) as { requests?: readonly unknown[] };
  return Array.isArray(requests) ? Math.max(requests.length, 1) : undefined;
}

/** The user that a service asks for, as that user may itself. */
function askedFor({ method }: GatedCall, message: unknown): string | undefined {
  const { userId } = (message ?? {}) as { userId?: string };
  const isUsers = userId ? rolesFor(method.parent.typeName, method.name).includes("user") : false;
  return isUsers ? userId : undefined;
}
