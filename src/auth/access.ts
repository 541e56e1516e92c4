import { timingSafeEqual } from "node:crypto";
import { API_KEY_BEGIN, readApiKey } from "./api-key.ts";
import type { Caller } from "./caller.ts";
import type { KeyRing } from "./key-ring.ts";
import { isLoopback } from "./loopback.ts";
import { rolesFor } from "./roles.ts";
import type { TokenReading, Tokens } from "./tokens.ts";

export interface AccessSettings {
  /**
   * ALLOT_AUTH: keys (or tokens, where there are any) for every call, none at all, or auto: none on this machine's loopback until the first
   * key was made or where tokens are taken, else keys.
   */
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
  readonly #tokens: Tokens | undefined;
  readonly #auth: AccessSettings["auth"];

  /** `tokens` undefined: API keys alone are taken. */
  constructor(keys: KeyRing, { auth, host }: AccessSettings, tokens?: Tokens) {
    this.#keys = keys;
    this.#tokens = tokens;
    this.#auth = auth === "auto" && (tokens !== undefined || !isLoopback(host)) ? "keys" : auth;
  }

  /**
   * By the Authorization header; at once where what is at hand tells. Rejects with LedgerUnavailable where a key is not at hand and the keys
   * can't be read, with TokenKeysUnavailable where a token can't be checked.
   */
  judge(service: string, method: string, authorization: string | null): Verdict | Promise<Verdict> {
    if (this.#auth === "none") return ANYBODY;
    const text = /^bearer +(.*)$/i.exec(authorization ?? "")?.[1];
    if (this.#tokens !== undefined && text !== undefined && !text.startsWith(API_KEY_BEGIN)) {
      const read = this.#tokens.read(text);
      const judge = (reading: TokenReading) => judgeToken(service, method, reading);
      return read instanceof Promise ? read.then(judge) : judge(read);
    }
    if (this.#keys.hasKeys === undefined)
      return this.#readFirst(() => this.judge(service, method, authorization));
    if (this.#auth === "auto" && !this.#keys.hasKeys) return ANYBODY;
    if (text === undefined) {
      return unauthenticated(
        this.#tokens === undefined
          ? "Send an API key, in a header `Authorization: Bearer allot_…`."
          : "Send an API key or a token, in a header `Authorization: Bearer …`.",
      );
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
    const caller: Caller = { role: key.role, keyId: key.id, subject: undefined };
    return inRole(service, method, caller, `this API key has the role ${key.role}`);
  }
}

function judgeToken(service: string, method: string, reading: TokenReading): Verdict {
  if ("problem" in reading) return unauthenticated(reading.problem);
  const { role } = reading.caller;
  const standing = role === "user" ? "this token is a user's" : `this token has the role ${role}`;
  return inRole(service, method, reading.caller, standing);
}

function inRole(service: string, method: string, caller: Caller, standing: string): Verdict {
  const roles = rolesFor(service, method);
  if (roles.includes(caller.role)) return { kind: "allowed", caller };
  const needed = roles.filter((role) => role !== "user").join(" or ");
  return { kind: "not-allowed", problem: `${method} needs the role ${needed}; ${standing}.` };
}

function unauthenticated(problem: string): Verdict {
  return { kind: "unauthenticated", problem };
}
