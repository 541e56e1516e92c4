import { expect, test } from "vitest";
import { crowd, digest, fresh, type Harness, hash16, mutation, NOW_MS, tally } from "./harness.ts";

const MINUTE_MS = 60_000;

/** A user with a phone number of its own, as they are registered. */
export function someone(phone = fresh("phone")) {
  const userId = fresh("user");
  return {
    userId,
    userHash: hash16(userId),
    phone: digest(phone),
    phoneHash: hash16(phone),
    nowMs: NOW_MS,
  };
}

const ban = ({ userHash, userId }: { userHash: Buffer; userId: string }, reason = "cheated") => ({
  userHash,
  userId,
  banned: true,
  reason,
  nowMs: NOW_MS,
});

const lift = (who: { userHash: Buffer; userId: string }) => ({ ...ban(who, ""), banned: false });

export function keepsParticipants(harness: Harness): void {
  test("who registered reads back by user and by phone, and is known as registered", async () => {
    const { ledger, other } = harness();
    const user = someone();
    const { userHash, phoneHash, phone, userId } = user;
    expect(await ledger.registered([userHash])).toEqual([]);
    const outcome = await ledger.register(user, undefined);
    const participant = { userHash, userId, phone, registerMs: NOW_MS, banned: false };
    expect(outcome).toMatchObject({ kind: "registered", participant });
    expect(await other.participant({ userHash })).toMatchObject(participant);
    expect(await other.participant({ phoneHash })).toMatchObject(participant);
    expect(await other.participant({ userHash: hash16(fresh("nobody")) })).toBeUndefined();
    expect(await other.registered([hash16(fresh("nobody")), userHash])).toEqual([userHash]);
    expect(await other.registered([])).toEqual([]);
  });

  test("registering again changes nothing, with another phone number that alone", async () => {
    const { ledger } = harness();
    const user = someone();
    await ledger.register(user, undefined);
    const before = await ledger.participant(user);
    const later = { ...user, nowMs: NOW_MS + 1 };
    await ledger.register({ ...later, phone: digest("sealed anew") }, undefined);
    expect(await ledger.participant(user)).toEqual(before);
    const { phone, phoneHash } = someone();
    await ledger.register({ ...later, phone, phoneHash }, undefined);
    expect(await ledger.participant({ userHash: user.userHash })).toEqual({ ...before, phone });
    // The first number is free again.
    const { phone: freed, phoneHash: freedHash } = user;
    expect(
      await ledger.register({ ...someone(), phone: freed, phoneHash: freedHash }, undefined),
    ).toMatchObject({
      kind: "registered",
    });
  });

  test("a phone number is one user's, also where many register it at once", async () => {
    const { ledger } = harness();
    const phone = fresh("phone");
    const users = Array.from({ length: 10 }, () => someone(phone));
    const outcomes = await crowd(harness(), 10, (one, i) => one.register(users[i]!, undefined));
    expect(tally(outcomes)).toEqual({ registered: 1, "phone-taken": 9 });
    const there = await ledger.registered(users.map(({ userHash }) => userHash));
    expect(there).toHaveLength(1);
    // Nor does a registered user get it in place of another number.
    const rich = someone();
    await ledger.register(rich, undefined);
    const { phoneHash } = users[0]!;
    expect(await ledger.register({ ...rich, phoneHash }, undefined)).toEqual({ kind: "phone-taken" });
    expect(await ledger.participant(rich)).toMatchObject({ userId: rich.userId });
  });

  test("one user registers at many servers at once", async () => {
    const user = someone();
    const outcomes = await crowd(harness(), 10, (one) => one.register(user, undefined));
    expect(tally(outcomes)).toEqual({ registered: 10 });
    const nos = outcomes.map((outcome) => outcome.kind === "registered" && outcome.participant.no);
    expect(new Set(nos).size).toBe(1);
  });

  test("users who register at once all are registered", async () => {
    const users = Array.from({ length: 40 }, () => someone());
    await crowd(harness(), 40, (one, i) => one.register(users[i]!, undefined));
    const hashes = users.map(({ userHash }) => userHash);
    expect(await harness().ledger.registered(hashes)).toHaveLength(40);
  });

  test("a mutation registers, bans and erases once; one that is refused leaves no record", async () => {
    const { ledger } = harness();
    const user = someone();
    const { userHash } = user;
    const [registering, banning, erasing, refused] = [
      "RegisterParticipant",
      "BanParticipant",
      "EraseParticipant",
      "RegisterParticipant",
    ].map(mutation);
    const registered = await crowd(harness(), 6, (one) => one.register(user, registering));
    expect(tally(registered)).toEqual({ registered: 1, repeated: 5 });
    expect(await ledger.mutation("RegisterParticipant", registering!.requestId)).toMatchObject({
      subject: userHash.toString("hex"),
      answer: undefined,
    });
    const { phone, phoneHash } = user;
    expect((await ledger.register({ ...someone(), phone, phoneHash }, refused)).kind).toBe("phone-taken");
    expect(await ledger.mutation("RegisterParticipant", refused!.requestId)).toBeUndefined();
    expect(tally(await crowd(harness(), 6, (one) => one.setBan(ban(user), banning)))).toEqual({
      set: 1,
      repeated: 5,
    });
    const erased = await crowd(harness(), 6, (one) => one.erase(user, erasing));
    expect(erased.toSorted()).toEqual(["erased", ...Array(5).fill("repeated")]);
  });

  test("participants page in the order of registration, all or the banned ones", async () => {
    const { ledger } = harness();
    const users = Array.from({ length: 5 }, () => someone());
    const unregistered = someone();
    for (const user of users.slice(0, 2)) await ledger.register(user, undefined);
    await ledger.setBan(ban(unregistered), undefined);
    for (const user of users.slice(2)) await ledger.register(user, undefined);
    await ledger.setBan(ban(users[3]!), undefined);
    const start = (await ledger.participant(users[0]!))!.no - 1;
    const ids = async (banned: boolean, after: number, limit: number) =>
      (await ledger.participants(banned, after, limit)).map(({ userId }) => userId);
    const [a, b, c, d, e] = users.map(({ userId }) => userId);
    expect(await ids(false, start, 10)).toEqual([a, b, unregistered.userId, c, d, e]);
    const [, second] = await ledger.participants(false, start, 2);
    expect(await ids(false, second!.no, 2)).toEqual([unregistered.userId, c]);
    expect(await ids(true, start, 10)).toEqual([unregistered.userId, d]);
    // Who registers after the ban comes last from then on.
    await ledger.register(unregistered, undefined);
    expect(await ids(false, start, 10)).toEqual([a, b, c, d, e, unregistered.userId]);
  });
}

export function keepsBans(harness: Harness): void {
  const pending = async (settledMs = 0) => (await harness().ledger.unpushedBans(settledMs, 1000)).map(hex);
  const hex = (bytes: Buffer) => bytes.toString("hex");

  test("a ban and its lifting are to be pushed, and once more when nothing older can be under way", async () => {
    const { ledger, other } = harness();
    const user = someone();
    const { userHash } = user;
    await ledger.register(user, undefined);
    expect(await pending()).not.toContain(hex(userHash));
    const outcome = await ledger.setBan(ban(user), undefined);
    const banned = { banned: true, banMs: NOW_MS, banReason: "cheated" };
    expect(outcome).toMatchObject({ kind: "set", participant: banned });
    expect(await other.ban(userHash)).toEqual({ banned: true, revision: 1, pushed: false });
    expect(await pending()).toContain(hex(userHash));
    expect(await other.banPushed(userHash, 0, 0)).toBe(false);
    expect(await other.banPushed(userHash, 1, NOW_MS - 1)).toBe(true);
    expect(await other.ban(userHash)).toEqual({ banned: true, revision: 1, pushed: true });
    expect(await pending(NOW_MS - 1)).not.toContain(hex(userHash));
    expect(await pending(NOW_MS)).toContain(hex(userHash));
    expect(await ledger.banPushed(userHash, 1, NOW_MS)).toBe(true);
    expect(await pending(NOW_MS + MINUTE_MS)).not.toContain(hex(userHash));

    await ledger.setBan({ ...lift(user), nowMs: NOW_MS + 1 }, undefined);
    const lifted = { banned: false, banMs: undefined, banReason: "" };
    expect(await ledger.participant(user)).toMatchObject({ ...lifted, registerMs: NOW_MS });
    expect(await other.ban(userHash)).toEqual({ banned: false, revision: 2, pushed: false });
    expect(await pending()).toContain(hex(userHash));
    // Whoever pushed the ban meanwhile hears that it is lifted.
    expect(await ledger.banPushed(userHash, 1, NOW_MS)).toBe(false);
  });

  test("what is so already keeps its time and revision; a ban's reason is the latest", async () => {
    const { ledger } = harness();
    const user = someone();
    await ledger.setBan(ban(user), undefined);
    await ledger.banPushed(user.userHash, 1, NOW_MS);
    await ledger.setBan({ ...ban(user, "cheated twice"), nowMs: NOW_MS + 5 }, undefined);
    expect(await ledger.participant(user)).toMatchObject({ banMs: NOW_MS, banReason: "cheated twice" });
    expect(await ledger.ban(user.userHash)).toEqual({ banned: true, revision: 1, pushed: true });
    const innocent = someone();
    await ledger.register(innocent, undefined);
    await ledger.setBan(lift(innocent), undefined);
    expect(await ledger.ban(innocent.userHash)).toEqual({ banned: false, revision: 0, pushed: true });
  });

  test("who never registered can be banned, is nobody again afterwards, and keeps the ban when registering", async () => {
    const { ledger } = harness();
    const user = someone();
    const { userHash, userId } = user;
    expect(await ledger.setBan(lift(user), undefined)).toEqual({ kind: "set", participant: undefined });
    await ledger.setBan(ban(user), undefined);
    expect(await ledger.participant(user)).toMatchObject({ userId, registerMs: undefined, banned: true });
    expect(await ledger.registered([userHash])).toEqual([]);
    await ledger.register(user, undefined);
    expect(await ledger.participant(user)).toMatchObject({ registerMs: NOW_MS, banned: true });
    expect(await ledger.ban(userHash)).toEqual({ banned: true, revision: 1, pushed: false });

    const nobody = someone();
    await ledger.setBan(ban(nobody), undefined);
    await ledger.setBan(lift(nobody), undefined);
    expect(await ledger.participant({ userHash: nobody.userHash })).toBeUndefined();
    // The store has still to hear of it.
    expect(await pending()).toContain(hex(nobody.userHash));
    expect(await ledger.banPushed(nobody.userHash, 2, NOW_MS)).toBe(true);
    expect(await ledger.banPushed(nobody.userHash, 2, NOW_MS)).toBe(false);
    expect(await ledger.ban(nobody.userHash)).toBeUndefined();
  });

  test("many who ban and lift at once agree on who is banned", async () => {
    const user = someone();
    await crowd(harness(), 12, (one, i) => one.setBan(i % 3 === 0 ? lift(user) : ban(user), undefined));
    const { banned, revision } = (await harness().ledger.ban(user.userHash))!;
    expect(revision % 2 === 1).toBe(banned);
    expect((await harness().ledger.participant(user)) !== undefined).toBe(banned);
  });
}
