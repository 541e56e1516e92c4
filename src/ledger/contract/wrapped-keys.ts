import { expect, test } from "vitest";
import { create, digest, fresh, type Harness } from "./harness.ts";

export function keepsWrappedKeys(harness: Harness): void {
  test("what is wrapped is replaced where it stands, and nothing else", async () => {
    const { ledger, other } = harness();
    const own = Buffer.from(`${fresh("wrapped")}'\\\0\u{ff}`, "latin1");
    const drawSecret = { wrapped: digest(own.toString("hex")), commitment: digest("c"), revealed: false };
    const [one, untouched] = [await create(ledger, { wrappedKey: own, drawSecret }), await create(ledger)];
    const seen: string[] = [];
    const replaced = await other.rewrap((purpose, wrapped) => {
      const isOwn = own.equals(wrapped) || drawSecret.wrapped.equals(Buffer.from(wrapped));
      if (isOwn) seen.push(purpose);
      return isOwn ? digest(`new ${purpose}`) : undefined;
    });
    expect(replaced).toBe(2);
    expect(seen.sort()).toEqual(["code-space", "draw"]);
    const after = (await ledger.campaign(one.id))!;
    expect(Buffer.from(after.space.wrappedKey)).toEqual(digest("new code-space"));
    expect(after.drawSecret!.wrapped).toEqual(digest("new draw"));
    expect((await ledger.campaign(untouched.id))!.space).toEqual(untouched.space);
  });

  test("a secret is replaced by who knows it, once", async () => {
    const { ledger, other } = harness();
    const name = fresh("secret");
    await ledger.secret(name, digest("a"));
    expect(await other.replaceSecret(name, digest("b"), digest("c"))).toBe(false);
    expect(await other.replaceSecret(name, digest("a"), digest("b"))).toBe(true);
    expect(await ledger.replaceSecret(name, digest("a"), digest("c"))).toBe(false);
    expect(Buffer.from(await ledger.secret(name, digest("d")))).toEqual(digest("b"));
  });
}
