import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** An issuer of tokens whose public keys are fetched over HTTP. */
export class TokenIssuer {
  static readonly issuer = "https://login.example/";
  static readonly audience = "allot";

  readonly url: URL;
  /** How often the keys were fetched. */
  fetches = 0;
  /** Answers instead of the keys. */
  answer: ((response: ServerResponse) => void) | undefined;
  readonly #server: ReturnType<typeof createServer>;
  readonly #published = new Map<string, JWK>();
  readonly #private = new Map<string, { alg: string; key: CryptoKey }>();

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = new URL(`http://127.0.0.1:${port}/jwks.json`);
    server.on("request", (_, response) => {
      this.fetches++;
      if (this.answer !== undefined) this.answer(response);
      else response.end(JSON.stringify(this.jwks));
    });
  }

  /** With one key, k1, of ES256. */
  static async start(): Promise<TokenIssuer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const issuer = new TokenIssuer(server);
    await issuer.addKey("k1", "ES256");
    return issuer;
  }

  get jwks(): { keys: JWK[] } {
    return { keys: [...this.#published.values()] };
  }

  async addKey(kid: string, alg: string): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.#private.set(kid, { alg, key: privateKey });
    this.#published.set(kid, { ...(await exportJWK(publicKey)), kid, alg, use: "sig" });
  }

  /** It is not published any more, and signs on. */
  withdrawKey(kid: string): void {
    this.#published.delete(kid);
  }

  /** A token that is good for a minute, except for what `over` says; a claim that is undefined is left out. */
  sign(over: JWTPayload = {}, kid = "k1"): Promise<string> {
    const { alg, key } = this.#private.get(kid)!;
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const { issuer: iss, audience: aud } = TokenIssuer;
    const claims = { iss, aud, sub: "ann", iat: nowSeconds, exp: nowSeconds + 60, ...over };
    return new SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader({ alg, kid }).sign(key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
