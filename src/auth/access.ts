import { timingSafeEqual } from "node:crypto";
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

/** Problems are sentences for the caller. */
export type Verdict =
  | { kind: "allowed"; caller: Caller }
  | { kind: "unauthenticated"; problem: string }
  | { kind: "not-allowed"; problem: string };

const ANYBODY: Verdict = {
  kind: "allowed",
  caller: { role: "manager", keyId: undefined, subject: undefined },
};

/** Decides who may call what. */
export class Access {
  readonly #keys: KeyRing;
  readonly #auth: AccessSettings["auth"];

  constructor(keys: KeyRing, { auth, host }: AccessSettings) {
    this.#keys = keys;
    this.#auth = auth === "auto" && !isLoopback(host) ? "keys" : auth;
  }

  /**
   * By the Authorization header; at once where the keys at hand tell. Rejects with LedgerUnavailable where a key is not at hand and the keys
   * can't be read.
   */
  judge(service: string, method: string, authorization: string | null): Verdict | Promise<Verdict> {
    if (this.#auth === "none") return ANYBODY;
    if (this.#keys.hasKeys === undefined)
      return this.#readFirst(() => this.judge(service, method, authorization));
    if (this.#auth === "auto" && !this.#keys.hasKeys) return ANYBODY;

    const text = /^bearer +(.*)$/i.exec(authorization ?? "")?.[1];
    if (text === undefined) {
      return unauthenticated("Send an API key, in a header `Authorization: Bearer allot_…`.");
    }
    const sent = readApiKey(text);
    if (sent === undefined) return unauthenticated("This is not an API key, or it was cut or mistyped.");
    if (this.#keys.get(sent.id) === undefined)
      return this.#readFirst(() => this.#judgeKey(service, method, sent));
    return this.#judgeKey(service, method, sent);
  }

  async #readFirst(judge: () => Verdict | Promise<Verdict>): Promise<Verdict> {
    await this.#keys.refresh();
    return judge();
  }

  #judgeKey(service: string, method: string, sent: { id: string; hash: Buffer }): Verdict {
    const key = this.#keys.get(sent.id);
    if (key === undefined || !timingSafeEqual(key.hash, sent.hash)) {
      return unauthenticated("There is no such API key, or it was revoked.");
    }
    return inRole(service, method, { role: key.role, keyId: key.id, subject: undefined }, "this API key has");
  }
}

function inRole(service: string, method: string, caller: Caller, has: string): Verdict {
  const roles = rolesFor(service, method);
  if (roles.includes(caller.role)) return { kind: "allowed", caller };
  const needed = roles.filter((role) => role !== "user").join(" or ");
  return {
    kind: "not-allowed",
    problem: `${method} needs the role ${needed}; ${has} the role ${caller.role}.`,
  };
}

function unauthenticated(problem: string): Verdict {
  return { kind: "unauthenticated", problem };
}
