import { expect, test } from "vitest";
import type { Entry } from "../ledger.ts";
import { create, fresh, type Harness, hash16, mutation, NOW_MS, prize } from "./harness.ts";
import { someone } from "./participants.ts";

const ban = (user: { userHash: Buffer; userId: string }) => ({
  userHash: user.userHash,
  userId: user.userId,
  banned: true,
  reason: "cheated, says Kim",
  nowMs: NOW_MS,
});

export function erasesUsers(harness: Harness): void {
  /** Entries of several users by turns. */
  async function entriesOf(size: number, users: { userId: string; userHash: Buffer }[]): Promise<Entry[]> {
    const { ledger, record } = harness();
    const { no, space, prizes } = await create(ledger, { prizes: [prize("a", size)] });
    const entries = Array.from({ length: size }, (_, at): Entry => {
      const { userId, userHash } = users[at % users.length]!;
      const request = hash16(`${no} ${at}`);
      return {
        partitionNo: 0,
        epoch: 20 + no,
        n: 1 + Math.floor(at / 500),
        i: at % 500,
        campaignNo: no,
        prizeNo: 0,
        number: 0,
        drawnNo: undefined,
        revision: 1,
        spaceNo: space.no,
        serial: prizes[0]!.ranges[0]!.first + at,
        timeMs: NOW_MS,
        userId,
        userHash: userId === "" ? request : userHash,
        requestHash: request,
        requestFields: request.subarray(0, 8),
        addressHash: undefined,
      };
    });
    for (const batch of Map.groupBy(entries, ({ n }) => n).values()) await record(batch);
    return entries;
  }

  test("an erased user's name is gone from everything that was recorded, which still counts", async () => {
    const { ledger, other } = harness();
    const [gone, stays] = [someone(), someone()];
    const nobody = { userId: "", userHash: hash16("") };
    for (const user of [gone, stays]) await ledger.register(user, undefined);
    const entries = await entriesOf(3_300, [gone, stays, gone, nobody]);
    const { campaignNo, spaceNo } = entries[0]!;
    const before = await ledger.counts(campaignNo);
    expect(await ledger.erase(gone, undefined)).toBe("erased");

    for (const entry of entries.filter((_, at) => at % 97 < 4)) {
      const userId = entry.userId === gone.userId ? "" : entry.userId;
      expect(await other.coupon(spaceNo, entry.serial!)).toEqual({ ...entry, userId });
    }
    const own = await other.coupons({ userHash: gone.userHash }, undefined, 5_000);
    expect(own).toHaveLength(1_650);
    expect(new Set(own.map(({ userId }) => userId))).toEqual(new Set([""]));
    expect(await other.counts(campaignNo)).toEqual(before);
    expect(await ledger.participant({ userHash: gone.userHash })).toBeUndefined();
    expect(await ledger.participant({ phoneHash: gone.phoneHash })).toBeUndefined();
    expect(await ledger.registered([gone.userHash, stays.userHash])).toEqual([stays.userHash]);
    // Again, and of somebody who never was.
    expect(await ledger.erase(gone, undefined)).toBe("erased");
    expect(await ledger.erase(someone(), undefined)).toBe("erased");
    expect(await ledger.register(gone, undefined)).toMatchObject({ kind: "registered" });
  });

  test("a ban goes on without a name, and ends by the user's hash", async () => {
    const { ledger, other } = harness();
    const user = someone();
    const { userHash, userId } = user;
    await ledger.register(user, undefined);
    await ledger.setBan(ban(user), undefined);
    await ledger.erase(user, undefined);
    expect(await other.participant({ userHash })).toMatchObject({
      userId: "",
      phone: undefined,
      registerMs: undefined,
      banned: true,
      banMs: NOW_MS,
      banReason: "",
    });
    expect(await other.ban(userHash)).toMatchObject({ banned: true, revision: 1 });
    expect(await ledger.participant({ phoneHash: user.phoneHash })).toBeUndefined();
    expect(await ledger.registered([userHash])).toEqual([]);
    await ledger.register(user, undefined);
    expect(await ledger.participant({ userHash })).toMatchObject({ userId, banned: true });
    await ledger.erase(user, undefined);
    await ledger.setBan({ ...ban(user), banned: false, reason: "" }, undefined);
    expect(await ledger.participant({ userHash })).toBeUndefined();
  });

  test("what is kept of mutations names the user no more, nor can they be repeated", async () => {
    const { ledger, other } = harness();
    const [user, stays] = [someone(), someone()];
    const [registering, late, kept, erasing] = [
      "RegisterParticipant",
      "BanParticipant",
      "RegisterParticipant",
      "EraseParticipant",
    ].map(mutation) as [ReturnType<typeof mutation>, ...ReturnType<typeof mutation>[]];
    const answer = Buffer.from("who it is");
    await ledger.register(user, registering);
    await ledger.answer(registering.method, registering.requestId, answer);
    await ledger.setBan(ban(user), late);
    await ledger.register(stays, kept);
    await ledger.answer(kept!.method, kept!.requestId, answer);
    await ledger.erase(user, erasing);
    // Its maker answers only now.
    await other.answer(late!.method, late!.requestId, answer);
    for (const { method, requestId, digest } of [registering, late!]) {
      const recorded = await other.mutation(method, requestId);
      expect(recorded).toMatchObject({ answer: Buffer.alloc(0) });
      expect(recorded!.digest).not.toEqual(digest);
    }
    expect(await ledger.mutation(kept!.method, kept!.requestId)).toMatchObject({ answer });
    expect(await ledger.mutation(erasing!.method, erasing!.requestId)).toMatchObject({ subject: "" });
  });

  test("many who erase one user at once all are done", async () => {
    const user = someone(fresh("phone"));
    await harness().ledger.register(user, undefined);
    const done = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        (i % 2 ? harness().ledger : harness().other).erase(user, undefined),
      ),
    );
    expect(new Set(done)).toEqual(new Set(["erased"]));
  });
}
