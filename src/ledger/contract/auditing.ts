import { expect, test } from "vitest";
import type { AuditRow } from "../audit.ts";
import { fresh, type Harness, hash16, NOW_MS } from "./harness.ts";

/** As crypto.randomUUIDv7 makes them: the time, then what tells rows of one instant apart. */
function idAt(timeMs: number, n: number): Buffer {
  const id = Buffer.alloc(16, 0x7f);
  id.writeUIntBE(timeMs, 0, 6);
  id.writeUInt16BE(n, 6);
  return id;
}

function row(over: Partial<AuditRow> = {}): AuditRow {
  return {
    id: idAt(NOW_MS, 1),
    timeMs: NOW_MS,
    actor: "key:abc",
    address: "2001:db8::1",
    method: "EndCampaign",
    campaignId: "",
    userHash: undefined,
    requestId: "",
    outcome: "",
    ...over,
  };
}

export function keepsTheAuditLog(harness: Harness): void {
  test("a row comes back as it was written, and its outcome is written once it is known", async () => {
    const { ledger, other } = harness();
    const campaignId = fresh("audited");
    const full = row({
      id: idAt(NOW_MS, 0xffff),
      actor: `token:${"é".repeat(64)}`,
      campaignId,
      userHash: hash16("ann"),
      requestId: "r".repeat(128),
    });
    await ledger.beginAudit({ ...full, id: new Uint8Array(full.id) });
    expect(await other.audit({ campaignId }, undefined, 10)).toEqual([full]);
    await other.endAudit(new Uint8Array(full.id), "OK", "");
    expect(await ledger.audit({ campaignId }, undefined, 10)).toEqual([{ ...full, outcome: "OK" }]);
  });

  test("a campaign that is known only afterwards is written then", async () => {
    const { ledger } = harness();
    const campaignId = fresh("audited");
    const id = idAt(NOW_MS, 2);
    await ledger.beginAudit(row({ id }));
    await ledger.endAudit(id, "OK", campaignId);
    expect(await ledger.audit({ campaignId }, undefined, 10)).toMatchObject([{ campaignId, outcome: "OK" }]);
  });

  test("pages go from the newest to the oldest, of a campaign, and since an instant", async () => {
    const { ledger } = harness();
    const ours = fresh("audited");
    const theirs = fresh("audited");
    const laterMs = NOW_MS + 86_400_000;
    const ids = Array.from({ length: 9 }, (_, i) => idAt(laterMs + Math.floor(i / 2), i));
    for (const [i, id] of ids.toReversed().entries())
      await ledger.beginAudit(row({ id, campaignId: i % 3 === 0 ? theirs : ours }));
    const ofOurs = ids.toReversed().filter((_, i) => i % 3 !== 0);
    const listed: Uint8Array[] = [];
    for (let page: AuditRow[] = []; ; ) {
      page = await ledger.audit({ campaignId: ours }, listed.at(-1), 4);
      listed.push(...page.map(({ id }) => id));
      if (page.length < 4) break;
    }
    expect(listed).toEqual(ofOurs);
    const since = async (sinceMs: number) =>
      (await ledger.audit({ sinceMs }, undefined, 100)).map(({ id }) => id);
    expect(await since(laterMs)).toEqual(ids.toReversed());
    expect(await since(laterMs + 3)).toEqual(ids.slice(6).toReversed());
    expect(await since(laterMs + 5)).toEqual([]);
    const one = await ledger.audit({ campaignId: theirs, sinceMs: laterMs + 4 }, undefined, 100);
    expect(one.map(({ id }) => id)).toEqual([ids[8]]);
  });
}
