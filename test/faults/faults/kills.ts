import { setTimeout as delay } from "node:timers/promises";
import type { TestServer } from "../../servers/test-server.ts";
import type { Random } from "../../simulate/random.ts";
import type { Fault } from "../fault.ts";
import type { Hop, Point } from "../hop.ts";
import type { Member, Stand } from "../stand.ts";
import { killAt, type Step, toRedis } from "./kill-at.ts";

/** How long whoever runs services takes to see that one is gone, at most. */
const noticedMs = 300;

const toMysql = (word: string, when: Point["when"]): Step => ({
  name: `${word} ${when}`,
  word,
  when,
  hop: ({ hops }) => hops.mysql,
});
const fromClients = (when: Point["when"]): Step => ({
  name: `request ${when}`,
  word: "POST /",
  when,
  hop: (member) => ("door" in member ? (member.door as Hop) : undefined),
});

/** A server dies when a request has come, and when its answer has gone out and not arrived. */
const doorSteps: Step[] = [fromClients("sent"), fromClients("answered")];

/** A server dies around what it does for requests, and around what the ledger lends. */
const serverSteps: Step[] = [
  toRedis("allot_take", "held"),
  toRedis("allot_take", "answered"),
  toRedis("allot_grant", "held", 1),
  toRedis("allot_grant", "answered", 1),
  toRedis("allot_adopt", "held", 1),
  toRedis("allot_recall", "answered", 1),
  toMysql("commit", "held"),
  toMysql("commit", "answered"),
];

/** A drain dies around its transaction and the trimming after it. */
const drainSteps: Step[] = [
  toMysql("begin", "answered"),
  toMysql("commit", "held"),
  toMysql("commit", "answered"),
  toRedis("allot_trim", "held"),
  toRedis("allot_trim", "answered"),
];

const redisSteps: Step[] = [
  toRedis("allot_take", "sent"),
  toRedis("allot_take", "answered"),
  toRedis("allot_trim", "sent"),
  toRedis("allot_grant", "sent", 1),
];

const mysqlSteps: Step[] = [
  toMysql("commit", "sent"),
  toMysql("commit", "answered"),
  toMysql("insert", "sent"),
];

/** Of whoever may arm a partition after a restart of Redis, in its order. */
const armingSteps: Step[] = [
  toRedis("allot_begin", "answered", 2),
  toRedis("allot_reset", "answered", 2),
  toRedis("allot_arm", "held", 2),
  toRedis("allot_arm", "answered", 2),
];

/** Starts them again, each a moment after its end was seen. */
const startAgain = (stand: Stand, random: Random) => {
  const pauseMs = random.between(0, noticedMs);
  return async () => {
    await delay(pauseMs);
    await stand.revive();
  };
};

const everybody = (stand: Stand): Member[] => [...stand.servers, ...(stand.drain ? [stand.drain] : [])];

const lent: Fault["stands"] = ["lent"];

const kill = (
  name: string,
  kind: Fault["kind"],
  stands: Fault["stands"],
  step: Step | undefined,
  membersOf: (stand: Stand) => Member[],
  victimOf: (stand: Stand, member: Member) => TestServer,
): Fault => ({
  name: step ? `${name} at ${step.name}` : name,
  kind,
  stands,
  async inject(stand, random) {
    const did = await killAt(step, membersOf(stand), (member) => victimOf(stand, member), random);
    return { did, heal: startAgain(stand, random) };
  },
});

const drainers = (stand: Stand): Member[] => (stand.drain ? [stand.drain] : stand.servers);

/** Two at once, or the second a moment after the first. */
const killTwo = (name: string, choose: (stand: Stand, random: Random) => TestServer[]): Fault => ({
  name: `kill ${name}`,
  kind: "two",
  stands: lent,
  async inject(stand, random) {
    const victims = choose(stand, random);
    const apartMs = random.chance(0.5) ? 0 : random.between(1, 300);
    await delay(random.between(0, 300));
    await Promise.all(victims.map((victim, i) => delay(i * apartMs).then(() => victim.kill())));
    return { did: `${apartMs} ms apart`, heal: startAgain(stand, random) };
  },
});

/** Redis comes back, and whoever arms it dies at it, or Redis does once more. */
const killAtArming = (step: Step, victim: "member" | "redis"): Fault => ({
  name: `kill redis, then ${victim === "redis" ? "redis again" : "who arms it"} at ${step.name}`,
  kind: "two",
  stands: lent,
  async inject(stand, random) {
    await stand.redis!.kill();
    const [did] = await Promise.all([
      killAt(step, stand.servers, (member) => (victim === "redis" ? stand.redis! : member.process), random),
      stand.redis!.restart().catch(() => {}),
    ]);
    return { did, heal: startAgain(stand, random) };
  },
});

const ofItself = (_: Stand, member: Member) => member.process;
const ofRedis = ({ redis }: Stand) => redis!;
const ofMysql = ({ mysql }: Stand) => mysql!;

const anywhere = new Set([undefined, ...doorSteps]);

export const kills: Fault[] = [
  ...[undefined, ...doorSteps, ...serverSteps].map((step) =>
    kill(
      "kill a server",
      "server",
      anywhere.has(step) ? ["lent", "embedded"] : lent,
      step,
      ({ servers }) => servers,
      ofItself,
    ),
  ),
  ...[undefined, ...drainSteps].map((step) => kill("kill a drain", "server", lent, step, drainers, ofItself)),
  ...[undefined, undefined, ...redisSteps].map((step) =>
    kill("kill redis", "redis", lent, step, everybody, ofRedis),
  ),
  ...[undefined, undefined, ...mysqlSteps].map((step) =>
    kill("kill mysql", "mysql", lent, step, everybody, ofMysql),
  ),
  killTwo("redis and mysql", ({ redis, mysql }) => [redis!, mysql!]),
  killTwo("mysql and redis", ({ redis, mysql }) => [mysql!, redis!]),
  killTwo("redis and a server", ({ redis, servers }, random) => [redis!, random.pick(servers).process]),
  killTwo("a server and mysql", ({ mysql, servers }, random) => [random.pick(servers).process, mysql!]),
  killTwo("all servers", ({ servers }) => servers.map(({ process }) => process)),
  killTwo("redis and a drain", (stand, random) => [stand.redis!, random.pick(drainers(stand)).process]),
  ...armingSteps.flatMap((step) => [killAtArming(step, "member"), killAtArming(step, "redis")]),
];
