import { expect, test } from "vitest";
import type { ApiKey } from "../ledger.ts";
import { create, crowd, digest, draft, fresh, type Harness, mutation, NOW_MS } from "./harness.ts";

export function keepsAnswersAndKeys(harness: Harness): void {
  test("the first answer to a mutation stays", async () => {
    const { ledger, other } = harness();
    const once = mutation();
    const created = await ledger.createCampaign(draft(), once);
    if (created.kind !== "created") throw new Error(created.kind);
    const first = Buffer.from([0, 255, 39, 92, 0]);
    await ledger.answer(once.method, once.requestId, new Uint8Array(first));
    await other.answer(once.method, once.requestId, Buffer.from("second"));
    expect(await other.mutation(once.method, once.requestId)).toEqual({
      digest: Buffer.from(once.digest),
      subject: String(created.campaign.no),
      answer: first,
    });
  });

  test("an empty answer is an answer", async () => {
    const { ledger } = harness();
    const once = mutation("DeleteCampaign");
    const { id } = await create(ledger);
    await ledger.changeCampaign(id, 1, { nowMs: NOW_MS }, once);
    await ledger.answer(once.method, once.requestId, new Uint8Array());
    expect((await ledger.mutation(once.method, once.requestId))!.answer).toEqual(Buffer.alloc(0));
  });

  test("whoever stores a secret first wins, also among many at once", async () => {
    const name = fresh("secret");
    const returned = await crowd(harness(), 10, (ledger, i) => ledger.secret(name, digest(String(i))));
    const kept = Buffer.from(returned[0]!);
    for (const secret of returned) expect(Buffer.from(secret)).toEqual(kept);
    expect(Buffer.from(await harness().ledger.secret(name, digest("later")))).toEqual(kept);
    expect(Buffer.from(await harness().ledger.secret(name.toUpperCase(), digest("other")))).toEqual(
      digest("other"),
    );
  });

  test("API keys are listed in the order they were made, and revoked once", async () => {
    const { ledger, other } = harness();
    const roles = ["manager", "issuer", "redeemer", "viewer"] as const;
    const keys = roles.map(
      (role, i): ApiKey => ({
        id: fresh("key"),
        name: `${role} 🔑`,
        role,
        hash: digest(role),
        createMs: NOW_MS - i,
        revokeMs: undefined,
      }),
    );
    for (const key of keys) await ledger.addApiKey({ ...key, hash: new Uint8Array(key.hash) });
    expect(await other.apiKeys()).toEqual(keys.toReversed());
    const [revoked] = keys;
    expect(await ledger.revokeApiKey(revoked!.id, NOW_MS + 5)).toBe(true);
    expect(await ledger.revokeApiKey(revoked!.id, NOW_MS + 9)).toBe(true);
    expect(await ledger.revokeApiKey(fresh("key"), NOW_MS)).toBe(false);
    expect(await other.apiKeys()).toEqual([
      ...keys.slice(1).toReversed(),
      { ...revoked, revokeMs: NOW_MS + 5 },
    ]);
  });

  test("answers when the database does", async () => {
    await expect(harness().ledger.ping()).resolves.toBeUndefined();
  });
}
