import type { Redis } from "ioredis";
import type { Plan } from "../../campaign/plan.ts";
import type { Block, PoolKey } from "../../ledger/lending.ts";
import { type Released, StoreUnavailable } from "../store.ts";
import type { Connection } from "./connect.ts";
import { column, expiryMs } from "./encode.ts";
import { dateOf, issuedField, type PartitionKeys, poolField } from "./keys.ts";
import { type OutboxEntry, readOutbox } from "./outbox.ts";
import { writeSerial } from "./serial.ts";
import type { UserIdCipher } from "./user-id-cipher.ts";

/** What the data of a partition and the Redis process that serves it know; see functions/arm.lua. */
export interface FenceState {
  /** Undefined: there is no data. */
  epoch: number | undefined;
  n: number;
  /** The highest epoch that began to be armed. */
  arming: number;
  /** What the process was armed with; undefined: it was not. */
  live: { epoch: number; n: number } | undefined;
  nowMs: number;
  outboxBytes: number;
  outboxEntries: number;
  /** When the oldest outbox entry was written. */
  oldestMs: number | undefined;
}

/** The partition is not in the epoch that the caller believes in. */
export class Fenced extends StoreUnavailable {
  override name = "Fenced";
}

/** A row of the ledger as it counts in the store. */
export interface CountedRow {
  serial: number | undefined;
  /** Where the plan numbers entries. */
  number: number;
  timeMs: number;
  request: { key: Buffer; fields: Buffer } | undefined;
  keys: (Buffer | undefined)[];
}

/** One partition's Functions other than take, typed. Throws Fenced when the fence refuses, StoreUnavailable when Redis can't be asked. */
export class RedisPartition {
  readonly no: number;
  readonly connection: Connection;
  readonly keys: PartitionKeys;
  readonly userIds: UserIdCipher | undefined;

  /** `userIds`: keeps those in the outbox to who has its key; without it they are in the clear. */
  constructor(connection: Connection, keys: PartitionKeys, no: number, userIds?: UserIdCipher) {
    this.connection = connection;
    this.keys = keys;
    this.no = no;
    this.userIds = userIds;
  }

  async state(): Promise<FenceState> {
    const reply = await this.#call("FCALL_RO", "allot_fence", [this.keys.fence, this.keys.outbox], []);
    const [epoch, n, arming, liveEpoch, liveN, now, bytes, entries, oldest] = reply;
    return {
      epoch: epoch ? Number(epoch) : undefined,
      n: Number(n),
      arming: Number(arming),
      live: liveEpoch ? { epoch: Number(liveEpoch), n: Number(liveN) } : undefined,
      nowMs: Number(now),
      outboxBytes: Number(bytes),
      outboxEntries: Number(entries),
      oldestMs: oldest ? Number(oldest) : undefined,
    };
  }

  /** False: a higher epoch began before. */
  async begin(epoch: number): Promise<boolean> {
    const reply = await this.#call("FCALL", "allot_begin", [this.keys.fence], [String(epoch)]);
    return reply[0] === "ok";
  }

  /** Empties a campaign's pools; `issued` is what the ledger has of each prize, `sealedMs` until when it is sealed at least (0: it is not). */
  async reset(
    epoch: number,
    campaign: { no: number; revision: number },
    issued: Map<number, number>,
    sealedMs: number,
  ): Promise<void> {
    const fields = [...issued].flatMap(([prizeNo, count]) => [issuedField(prizeNo), String(count)]);
    await this.#armed(
      "allot_reset",
      [this.keys.fence, this.keys.stock(campaign.no)],
      [String(epoch), String(sealedMs), "rev", String(campaign.revision), ...fields],
    );
  }

  /** Removes all that is counted, for every campaign. */
  async clear(epoch: number): Promise<void> {
    const pattern = this.keys.campaigns;
    const keys = await this.#ask(async (redis) => {
      const found: string[] = [];
      for await (const some of redis.scanStream({ match: pattern, count: 1000 }))
        found.push(...(some as string[]));
      return found;
    });
    for (let at = 0; at < keys.length; at += 500) {
      await this.#armed("allot_clear", [this.keys.fence, ...keys.slice(at, at + 500)], [String(epoch)]);
    }
  }

  /** Counts rows of one campaign, all of one day where its plan is daily. */
  async restore(
    epoch: number,
    plan: Plan,
    day: { date: string; endMs: number } | undefined,
    rows: CountedRow[],
  ): Promise<void> {
    const { campaignNo, rules } = plan;
    const isNumbered = plan.numberedBy !== undefined;
    const width = isNumbered ? 14 : 12;
    const stamps = Buffer.alloc(width * rows.length);
    rows.forEach((row, i) => {
      writeSerial(stamps, row.serial, width * i);
      stamps.writeUIntBE(row.timeMs, width * i + 6, 6);
      if (isNumbered) stamps.writeUInt16BE(row.number, width * i + 12);
    });
    const asked = rows.some((row) => row.request);
    const columns = rules.flatMap((rule, r) => [
      rule.remembers ? "1" : "0",
      rule.daily ? String(expiryMs(day)) : "0",
      column(rows, 16, (row) => row.keys[r]),
    ]);
    await this.#armed(
      "allot_restore",
      [
        this.keys.fence,
        this.keys.requests(campaignNo),
        ...rules.map((rule) => this.keys.rule(campaignNo, rule.name, dateOf(rule, day))),
      ],
      [
        String(epoch),
        isNumbered ? "1" : "0",
        stamps,
        asked ? column(rows, 16, (row) => row.request?.key) : "",
        asked ? column(rows, 8, (row) => row.request?.fields) : "",
        ...columns,
      ],
    );
  }

  /** Entries of a campaign that were released, and so are not among the rows that count. */
  async restoreReleased(epoch: number, campaignNo: number, serials: number[]): Promise<void> {
    const keys = [this.keys.fence, this.keys.released(campaignNo)];
    await this.#armed("allot_released", keys, [String(epoch), ...serials.map(String)]);
  }

  /** Bans users (a thousand at most) beside those who are banned, or `instead` of them. */
  async restoreBans(epoch: number, userHashes: Buffer[], instead: boolean): Promise<void> {
    const args = [String(epoch), instead ? "1" : "0", ...userHashes];
    await this.#armed("allot_bans", [this.keys.fence, this.keys.bans], args);
  }

  async arm(epoch: number, clockMs: number): Promise<void> {
    await this.#armed("allot_arm", [this.keys.fence, this.keys.outbox], [String(epoch), String(clockMs)]);
  }

  /** Puts blocks into a pool. `last` is the pool's last block then; a gap means that blocks between are missing. */
  async grant(pool: PoolKey, blocks: Block[]): Promise<{ kind: "ok" | "gap"; last: number }> {
    const args = blocks.flatMap((block) => [
      String(block.number),
      String(block.first),
      String(block.size),
      block.exhausted === undefined ? "" : block.exhausted[0]!,
    ]);
    const reply = await this.#fenced(
      "allot_grant",
      [this.keys.fence, this.keys.stock(pool.campaignNo)],
      [String(pool.epoch), poolField(pool.prizeNo, pool.day), ...args],
    );
    return { kind: reply[0] as "ok" | "gap", last: Number(reply[1]) };
  }

  /** Hands back all or half of what pools of one campaign hold; `n` is the outbox entry that says so, 0 where there was nothing. */
  async recall(
    epoch: number,
    campaignNo: number,
    share: "all" | "half",
    pools: PoolKey[],
  ): Promise<{ n: number; size: number }> {
    const args = pools.flatMap((pool) => [poolField(pool.prizeNo, pool.day), String(pool.prizeNo), pool.day]);
    const reply = await this.#fenced(
      "allot_recall",
      [this.keys.fence, this.keys.outbox, this.keys.stock(campaignNo)],
      [String(epoch), String(campaignNo), share, ...args],
    );
    return { n: Number(reply[1]), size: Number(reply[2]) };
  }

  async adopt(epoch: number, campaignNo: number, revision: number): Promise<void> {
    await this.#fenced(
      "allot_adopt",
      [this.keys.fence, this.keys.stock(campaignNo)],
      [String(epoch), String(revision)],
    );
  }

  /** From now on takes for days that begin before an instant are refused. A lower one changes nothing. */
  async seal(epoch: number, campaignNo: number, untilMs: number): Promise<void> {
    const keys = [this.keys.fence, this.keys.stock(campaignNo)];
    await this.#fenced("allot_seal", keys, [String(epoch), String(untilMs)]);
  }

  async ban(epoch: number, userHash: Buffer, banned: boolean): Promise<void> {
    const args = [String(epoch), userHash, banned ? "1" : "0"];
    await this.#fenced("allot_ban", [this.keys.fence, this.keys.bans], args);
  }

  /** Counts an entry no more, once. */
  async release(epoch: number, { plan, day, serial, keys }: Released): Promise<void> {
    const { campaignNo, rules, numberedBy } = plan;
    await this.#fenced(
      "allot_release",
      [
        this.keys.fence,
        this.keys.released(campaignNo),
        ...rules.map((rule) => this.keys.rule(campaignNo, rule.name, dateOf(rule, day))),
      ],
      [
        String(epoch),
        String(serial),
        numberedBy === undefined ? "0" : "1",
        ...rules.flatMap((rule, r) => [String(rule.limit), rule.remembers ? "1" : "0", keys[r] ?? ""]),
      ],
    );
  }

  /** The oldest outbox entries, in order, after the given one. */
  async outbox(after: { epoch: number; n: number }, count: number): Promise<OutboxEntry[]> {
    return this.#ask(async (redis) => readOutbox(redis, this.keys.outbox, after, count, this.userIds));
  }

  /** Removes outbox entries up to one that the ledger has; `totalBytes` is that entry's running total. */
  async trim(epoch: number, n: number, totalBytes: number): Promise<void> {
    await this.#call(
      "FCALL",
      "allot_trim",
      [this.keys.fence, this.keys.outbox],
      [String(epoch), String(n), String(totalBytes)],
    );
  }

  /** The stock hash of a campaign, as it is. */
  async stock(campaignNo: number): Promise<Record<string, string>> {
    return this.#ask((redis) => redis.hgetall(this.keys.stock(campaignNo)));
  }

  /** A pool's last block, and how many serials it holds. */
  async level(
    pool: Pick<PoolKey, "campaignNo" | "prizeNo" | "day">,
  ): Promise<{ last: number; stock: number }> {
    const text = (await this.stock(pool.campaignNo))[poolField(pool.prizeNo, pool.day)] ?? "0|";
    const [last, , ...blocks] = text.split("|");
    const sizes = blocks.map((block) => {
      const [, next, end] = block.split(":").map(Number);
      return end! - next!;
    });
    return { last: Number(last), stock: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Forgets a campaign; its daily counters expire by themselves. */
  async forget(campaignNo: number): Promise<void> {
    const { stock, requests, released, rule } = this.keys;
    const keys = [
      stock(campaignNo),
      requests(campaignNo),
      released(campaignNo),
      rule(campaignNo, "user", ""),
      rule(campaignNo, "address", ""),
    ];
    await this.#ask((redis) => redis.unlink(...keys));
  }

  async #fenced(name: string, keys: string[], args: (string | Buffer)[]): Promise<string[]> {
    const reply = await this.#call("FCALL", name, keys, args);
    if (reply[0] === "unarmed" || reply[0] === "other-epoch")
      throw new Fenced(`partition ${this.no}: ${reply[0]}`);
    return reply;
  }

  async #armed(name: string, keys: string[], args: (string | Buffer)[]): Promise<void> {
    const reply = await this.#call("FCALL", name, keys, args);
    if (reply[0] !== "ok") throw new Fenced(`partition ${this.no}: ${reply[0]}`);
  }

  #call(
    command: "FCALL" | "FCALL_RO",
    name: string,
    keys: string[],
    args: (string | Buffer)[],
  ): Promise<string[]> {
    return this.#ask(
      (redis) => redis.call(command, name, keys.length, ...keys, ...args) as Promise<string[]>,
    );
  }

  /** The server that serves it now. */
  server(): Redis {
    const redis = this.connection();
    if (redis?.status !== "ready") throw new StoreUnavailable("Redis can't be reached");
    return redis;
  }

  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = this.server();
    try {
      return await command(redis);
    } catch (error) {
      const message = `Redis: ${error instanceof Error ? error.message : error}`;
      // A process without the library is one that nobody has armed.
      throw message.includes("Function not found") ? new Fenced(message) : new StoreUnavailable(message);
    }
  }
}
