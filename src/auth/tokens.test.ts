import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exportSPKI, importJWK, type JWTPayload } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogger } from "../log.ts";
import { TokenIssuer } from "./token-issuer.fixture.ts";
import { TokenKeys, TokenKeysUnavailable } from "./token-keys.ts";
import { type TokenSettings, Tokens } from "./tokens.ts";

const log = createLogger("fatal");
const { issuer: iss, audience: aud } = TokenIssuer;

let issuer: TokenIssuer;
beforeEach(async () => {
  issuer = await TokenIssuer.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.stop();
});

const tokensOf = (url = issuer.url, over: Partial<TokenSettings> = {}) =>
  new Tokens(new TokenKeys(url, log), { issuer: iss, audience: aud, roleClaim: undefined, ...over });

/** Clocks stand still from here on, and jump. */
function standStill() {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  return { pass: (ms: number) => void vi.advanceTimersByTime(ms) };
}

const user = (subject: string) => ({ caller: { role: "user", keyId: undefined, subject } });
const problem = (text: string) => ({ problem: expect.stringContaining(text) });
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token's subject is its user", async () => {
  const tokens = tokensOf();
  expect(await tokens.read(await issuer.sign())).toMatchObject(user("ann"));
  expect(await tokens.read(await issuer.sign({ sub: "한글", aud: ["other", aud] }))).toMatchObject(
    user("한글"),
  );
});

test.each(["ES384", "ES512", "EdDSA", "PS256", "RS256"])("%s is taken", async (alg) => {
  await issuer.addKey("other", alg);
  expect(await tokensOf().read(await issuer.sign({}, "other"))).toMatchObject(user("ann"));
});

describe("a token is no good", () => {
  const nowSeconds = () => Math.floor(Date.now() / 1_000);

  test.each([
    ["of another issuer", { iss: "https://login.example" }, "another issuer"],
    ["of no issuer", { iss: undefined }, "lacks the claim iss"],
    ["for another audience", { aud: "shop" }, "another audience"],
    ["for nobody", { aud: undefined }, "lacks the claim aud"],
    ["without an end", { exp: undefined }, "lacks the claim exp"],
    ["with an end that is no number", { exp: "never" as never }, "exp can't be read"],
    ["without a subject", { sub: undefined }, "lacks the claim sub"],
    ["with an empty subject", { sub: "" }, "1 to 128 bytes"],
    ["with a long subject", { sub: "é".repeat(65) }, "1 to 128 bytes"],
    ["with half a character", { sub: "a\ud800" }, "1 to 128 bytes"],
    ["with a number for a subject", { sub: 7 as never }, "1 to 128 bytes"],
  ])("%s", async (_, over, says) => {
    expect(await tokensOf().read(await issuer.sign(over))).toEqual(problem(says));
  });

  test("before its time and after it, but for ten seconds", async () => {
    const tokens = tokensOf();
    const read = async (over: JWTPayload) => tokens.read(await issuer.sign(over));
    expect(await read({ exp: nowSeconds() - 5 })).toMatchObject(user("ann"));
    expect(await read({ exp: nowSeconds() - 15 })).toEqual(problem("has expired"));
    expect(await read({ nbf: nowSeconds() + 5 })).toMatchObject(user("ann"));
    expect(await read({ nbf: nowSeconds() + 30 })).toEqual(problem("not good yet"));
  });

  test("after its time, though it was read before", async () => {
    const time = standStill();
    const tokens = tokensOf();
    const token = await issuer.sign();
    expect(await tokens.read(token)).toMatchObject(user("ann"));
    time.pass(69_000);
    expect(tokens.read(token)).toMatchObject(user("ann"));
    time.pass(2_000);
    expect(await tokens.read(token)).toEqual(problem("has expired"));
  });

  test("unsigned, signed by the public key as if it were a secret, or by somebody else", async () => {
    const [, claims] = (await issuer.sign()).split(".");
    const tokens = tokensOf();
    expect(await tokens.read(`${base64({ alg: "none" })}.${claims}.`)).toEqual(problem("algorithm"));
    const [jwk] = issuer.jwks.keys;
    for (const secret of [await exportSPKI(await publicKey(jwk!)), JSON.stringify(jwk), jwk!.x!]) {
      const signed = `${base64({ alg: "HS256", kid: "k1" })}.${claims}`;
      const mac = createHmac("sha256", secret).update(signed).digest("base64url");
      expect(await tokens.read(`${signed}.${mac}`)).toEqual(problem("algorithm"));
    }
    const impostor = await TokenIssuer.start();
    expect(await tokens.read(await impostor.sign())).toEqual(problem("signature is wrong"));
    await impostor.stop();
  });

  test("with a key in its own header", async () => {
    const impostor = await TokenIssuer.start();
    const [, claims] = (await impostor.sign()).split(".");
    const header = { alg: "ES256", kid: "mine", jwk: impostor.jwks.keys[0], jku: impostor.url.href };
    expect(await tokensOf().read(`${base64(header)}.${claims}.AAAA`)).toEqual(problem("kid"));
    expect(impostor.fetches).toBe(0);
    await impostor.stop();
  });

  test.each(["", "x", "a.b.c", "..", "allot", `${"a".repeat(5_000)}.b.c`])("when it is %j", async (text) => {
    expect(await tokensOf().read(text)).toEqual(problem("neither an API key nor a token"));
  });

  test("with any one character changed", async () => {
    const token = await issuer.sign();
    const tokens = tokensOf();
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The highest bit is the other one: of a last character, the lowest ones stand for nothing.
    const otherThan = (char: string) => alphabet[(alphabet.indexOf(char) + 32) % 64]!;
    for (let at = 0; at < token.length; at += 7) {
      const changed = `${token.slice(0, at)}${otherThan(token[at]!)}${token.slice(at + 1)}`;
      expect(await tokens.read(changed)).toHaveProperty("problem");
    }
  });
});

describe("the role claim", () => {
  const claim = "https://allot.example/role";
  const read = async (value: unknown, roleClaim: string | undefined = claim) =>
    tokensOf(issuer.url, { roleClaim }).read(await issuer.sign({ sub: "svc", [claim]: value }));
  const roleOf = async (...args: Parameters<typeof read>) => {
    const reading = await read(...args);
    return "caller" in reading ? reading.caller.role : reading.problem;
  };

  test("makes a token a service's", async () => {
    expect(await read("issuer")).toMatchObject({
      caller: { role: "issuer", keyId: undefined, subject: "svc" },
    });
    expect(await roleOf(["offline", "manager"])).toBe("manager");
  });

  test.each([
    [undefined],
    [null],
    [""],
    ["Manager"],
    ["user"],
    [["other"]],
    [{ manager: true }],
    [7],
    [[["manager"]]],
  ])("of %j leaves it a user's", async (value) => expect(await roleOf(value)).toBe("user"));

  test("counts only where the settings name it", async () => {
    expect(await tokensOf().read(await issuer.sign({ [claim]: "manager" }))).toMatchObject(user("ann"));
  });

  test("names one role", async () => {
    expect(await read(["issuer", "redeemer"])).toEqual(problem("more than one role"));
  });
});

describe("keys", () => {
  test("that came later are fetched when a token names one, and withdrawn ones are not believed", async () => {
    const time = standStill();
    const tokens = tokensOf();
    await tokens.read(await issuer.sign());
    await issuer.addKey("k2", "ES256");
    const early = await issuer.sign({}, "k2");
    expect(await tokens.read(early)).toEqual(problem("kid"));
    expect(issuer.fetches).toBe(1);
    time.pass(11_000);
    issuer.withdrawKey("k1");
    expect(await tokens.read(early)).toMatchObject(user("ann"));
    expect(issuer.fetches).toBe(2);
    expect(await tokens.read(await issuer.sign())).toEqual(problem("kid"));
  });

  test("that nobody publishes make servers fetch, but not once for each token", async () => {
    const time = standStill();
    const stranger = await TokenIssuer.start();
    await stranger.addKey("k9", "ES256");
    const tokens = tokensOf();
    await tokens.read(await issuer.sign());
    time.pass(11_000);
    for (let n = 0; n < 20; n++)
      expect(await tokens.read(await stranger.sign({ sub: `u${n}` }, "k9"))).toEqual(problem("kid"));
    expect(issuer.fetches).toBe(2);
    await stranger.stop();
  });

  test("are read from a file as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "allot-jwks-"));
    const path = join(folder, "jwks.json");
    await writeFile(path, JSON.stringify(issuer.jwks));
    expect(await tokensOf(pathToFileURL(path)).read(await issuer.sign())).toMatchObject(user("ann"));
    await rm(folder, { recursive: true });
    await expect(tokensOf(pathToFileURL(path)).read(await issuer.sign())).rejects.toThrow(
      TokenKeysUnavailable,
    );
  });

  test.each([
    ["an error", (response: { writeHead(status: number): { end(): void } }) => response.writeHead(500).end()],
    ["no keys", (response: { end(text: string): void }) => response.end("<html>")],
    ["nothing", (response: { destroy(): void }) => response.destroy()],
  ])("that can't be had (%s) are an outage, which passes by itself", async (_, answer) => {
    const time = standStill();
    const tokens = tokensOf();
    issuer.answer = answer as never;
    const token = await issuer.sign();
    for (let n = 0; n < 10; n++) await expect(tokens.read(token)).rejects.toThrow(TokenKeysUnavailable);
    expect(issuer.fetches).toBe(1);
    issuer.answer = undefined;
    time.pass(1_100);
    expect(await tokens.read(token)).toMatchObject(user("ann"));
  });

  test("at hand go on working while no others can be had", async () => {
    const time = standStill();
    const tokens = tokensOf();
    await tokens.read(await issuer.sign());
    issuer.answer = (response) => response.writeHead(503).end();
    time.pass(86_400_000);
    expect(await tokens.read(await issuer.sign({ sub: "bob" }))).toMatchObject(user("bob"));
    await issuer.addKey("k2", "ES256");
    await expect(tokens.read(await issuer.sign({}, "k2"))).rejects.toThrow(TokenKeysUnavailable);
  });

  test("are fetched from the start on", async () => {
    const keys = new TokenKeys(issuer.url, log);
    const running = keys.run();
    await vi.waitUntil(() => issuer.fetches === 1);
    keys.stop();
    await running;
  });
});

describe("a token that comes again", () => {
  test("is not checked again, for five minutes", async () => {
    const time = standStill();
    const keys = new TokenKeys(issuer.url, log);
    let checks = 0;
    const find: TokenKeys["find"] = (header, token) => {
      checks++;
      return keys.find(header, token);
    };
    const tokens = new Tokens({ find }, { issuer: iss, audience: aud, roleClaim: undefined });
    const token = await issuer.sign({ exp: Date.now() / 1_000 + 86_400 });
    for (let n = 0; n < 5; n++) expect(await tokens.read(token)).toMatchObject(user("ann"));
    expect(checks).toBe(1);
    time.pass(301_000);
    expect(await tokens.read(token)).toMatchObject(user("ann"));
    expect(checks).toBe(2);
  });

  test("is checked again if it was refused", async () => {
    const tokens = tokensOf();
    const token = await issuer.sign({ aud: "shop" });
    for (let n = 0; n < 2; n++) expect(await tokens.read(token)).toEqual(problem("audience"));
  });
});

async function publicKey(jwk: object) {
  const key = await importJWK(jwk, "ES256", { extractable: true });
  if (key instanceof Uint8Array) throw new Error("a secret");
  return key;
}
