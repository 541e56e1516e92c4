import { timingSafeEqual } from "node:crypto";
import { type Fault, fault } from "../rpc/errors.ts";
import { readApiKey } from "./api-key.ts";
import type { Caller } from "./caller.ts";
import type { KeyRing } from "./key-ring.ts";
import { isLoopback } from "./loopback.ts";
import { rolesFor } from "./roles.ts";

export interface AccessSettings {
  /** ALLOT_AUTH: keys for every call, none at all, or auto: none on this machine's loopback until the first key was made, else keys. */
  auth: "auto" | "keys" | "none";
  /** The address that the server listens on. */
  host: string;
}

const NOBODY: Caller = { role: "manager", keyId: undefined };

/** Decides who may call what. */
export class Access {
  readonly #keys: KeyRing;
  readonly #auth: AccessSettings["auth"];

  constructor(keys: KeyRing, { auth, host }: AccessSettings) {
    this.#keys = keys;
    this.#auth = auth === "auto" && !isLoopback(host) ? "keys" : auth;
  }

  /**
   * Who calls, by the Authorization header. Throws UNAUTHENTICATED, NOT_ALLOWED, and LedgerUnavailable where a key is not at hand and
   * the keys can't be read.
   */
  async callerOf(service: string, method: string, authorization: string | null): Promise<Caller> {
    if (this.#auth === "none") return NOBODY;
    if (this.#keys.hasKeys === undefined) await this.#keys.refresh();
    if (this.#auth === "auto" && !this.#keys.hasKeys) return NOBODY;

    const text = /^bearer +(.*)$/i.exec(authorization ?? "")?.[1];
    if (text === undefined) {
      throw unauthenticated("Send an API key, in a header `Authorization: Bearer allot_…`.");
    }
    const sent = readApiKey(text);
    if (sent === undefined) throw unauthenticated("This is not an API key, or it was cut or mistyped.");
    if (this.#keys.get(sent.id) === undefined) await this.#keys.refresh();
    const key = this.#keys.get(sent.id);
    if (key === undefined || !timingSafeEqual(key.hash, sent.hash)) {
      throw unauthenticated("There is no such API key, or it was revoked.");
    }
    const roles = rolesFor(service, method);
    if (!roles.includes(key.role)) {
      const needed = roles.join(" or ");
      throw fault(
        "NOT_ALLOWED",
        `${method} needs the role ${needed}; this API key has the role ${key.role}.`,
      );
    }
    return { role: key.role, keyId: key.id };
  }
}

function unauthenticated(problem: string): Fault {
  return fault("UNAUTHENTICATED", problem);
}
