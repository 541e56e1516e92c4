import { hash } from "node:crypto";
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Caller } from "./caller.ts";
import { KeptCallers } from "./kept-callers.ts";
import { ROLES } from "./roles.ts";
import type { TokenKeys } from "./token-keys.ts";

export interface TokenSettings {
  /** What a token's `iss` and `aud` must say. */
  issuer: string;
  audience: string;
  /** The claim that holds a service's role; undefined: every token is a user's. */
  roleClaim: string | undefined;
}

/** A problem is a sentence for the caller. */
export type TokenReading = { caller: Caller } | { problem: string };

/** Signatures by a key that only the issuer has: `none` is no signature, and HMAC's key would be the public one (RFC 8725 §3.1). */
const ALGORITHMS = [
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];
/** How far clocks may be apart. */
const LEEWAY_SECONDS = 10;
const SUBJECT_BYTES_MAX = 128;
/** To check a signature costs more than to issue a coupon, and a client sends the same token with every call. */
const KEPT_MAX = 20_000;
/** A key that its issuer withdrew is not believed for longer, once it is not at hand any more. */
const KEPT_MS = 300_000;

/** Reads tokens: JWTs (RFC 7519) signed by the issuer. */
export class Tokens {
  readonly #keys: Pick<TokenKeys, "find">;
  readonly #settings: TokenSettings;
  /** By their tokens' hashes: nobody finds tokens in our memory. */
  readonly #kept = new KeptCallers(KEPT_MAX);

  constructor(keys: Pick<TokenKeys, "find">, settings: TokenSettings) {
    this.#keys = keys;
    this.#settings = settings;
  }

  /** Whose a token is; at once where it was read lately. Rejects with TokenKeysUnavailable. */
  read(token: string): TokenReading | Promise<TokenReading> {
    const id = hash("sha256", token, "base64");
    return this.#kept.get(id, Date.now()) ?? this.#verify(id, token);
  }

  async #verify(id: string, token: string): Promise<TokenReading> {
    const { issuer, audience, roleClaim } = this.#settings;
    let claims: JWTPayload;
    try {
      const verified = await jwtVerify(token, this.#keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: LEEWAY_SECONDS,
        requiredClaims: ["exp", "sub"],
      });
      claims = verified.payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return { problem: problemOf(error) };
      throw error;
    }
    const subject = subjectOf(claims);
    if (subject === undefined) {
      return { problem: `This token's subject (sub) must be 1 to ${SUBJECT_BYTES_MAX} bytes of UTF-8.` };
    }
    const named = roleClaim === undefined ? undefined : claims[roleClaim];
    const [role = "user", ...more] = ROLES.filter((role) => [named].flat().includes(role));
    if (more.length > 0) return { problem: "This token names more than one role: one is needed." };
    const caller: Caller = { role, keyId: undefined, subject };
    const expireMs = (claims.exp! + LEEWAY_SECONDS) * 1_000;
    this.#kept.keep(id, caller, Math.min(expireMs, Date.now() + KEPT_MS));
    return { caller };
  }
}

/** It stands for a user, so it must be fit to be a user id; undefined: it is not. */
function subjectOf({ sub }: JWTPayload): string | undefined {
  // Two that differ in half a character only would be one in UTF-8.
  if (typeof sub !== "string" || sub === "" || !sub.isWellFormed()) return undefined;
  return Buffer.byteLength(sub) <= SUBJECT_BYTES_MAX ? sub : undefined;
}

function problemOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "This token has expired: get a fresh one.";
  if (error instanceof errors.JWTClaimValidationFailed) return problemOfClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `This token is not signed with an algorithm that is taken: ${ALGORITHMS.join(", ")}.`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "This token's signature is wrong.";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "This token is not signed with a key that its issuer publishes: its header's kid must name one.";
  return "This is neither an API key nor a token (a JWT), or it was cut or mistyped.";
}

function problemOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === "missing") return `This token lacks the claim ${claim}.`;
  switch (claim) {
    case "iss":
      return "This token is of another issuer (iss) than this server takes tokens from.";
    case "aud":
      return "This token is for another audience (aud) than this server.";
    case "nbf":
      return "This token is not good yet (nbf): check its issuer's clock.";
    default:
      return `This token's claim ${claim} can't be read.`;
  }
}
