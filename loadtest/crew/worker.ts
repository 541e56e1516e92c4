import { parentPort, workerData } from "node:worker_threads";
import { monotonicMs } from "../clock.ts";
import { ClosedLoop } from "../pace/closed-loop.ts";
import { drive } from "../pace/drive.ts";
import { OpenLoop } from "../pace/open-loop.ts";
import { settle } from "../pace/settle.ts";
import { buffersOf, Journal } from "../record/journal.ts";
import { Naming } from "../record/naming.ts";
import { Recorder } from "../record/recorder.ts";
import { addressOfUser } from "../scenario/address.ts";
import { seededRandom } from "../scenario/random.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { scenarios } from "../scenario/scenarios.ts";
import type { Ask } from "../sender/method.ts";
import { codecFor, senderFor } from "../sender/sender-for.ts";
import { metronome } from "./metronome.ts";
import type { Message, Order, WorkerPlan } from "./worker-plan.ts";

// One worker thread of the load test: opens its connections, waits for the start, carries out its part of the load, asks again
// about unknown outcomes, hands in its journal.

const inFlightGraceMs = 2_000;

const plan = workerData as WorkerPlan;
const tell = (message: Message): void => parentPort!.postMessage(message);

const scenario: Scenario = scenarios[plan.scenario];
const naming = new Naming(plan.run);
const { mechanic } = scenario;
const journal = new Journal({ ...plan, naming, lasts: mechanic.lasts }, plan.users);
const recorder = new Recorder(journal);
const random = seededRandom(plan.seed, plan.worker);
const workload = scenario.workload({
  ...plan,
  goods: plan.goods.length,
  random,
  begin: (user, detail) => journal.begin(user, detail),
});
const sender = senderFor(plan.protocol, plan.to);

const askFor = (request: number): Ask => {
  const user = journal.userOf(request);
  return mechanic.ask({
    campaignId: plan.campaignId,
    user,
    userId: naming.userId(user),
    requestId: naming.requestId(plan.worker, request),
    address: plan.addresses ? addressOfUser(scenario, user) : "",
    detail: journal.detailOf(request),
    goods: plan.goods,
  });
};

interface Loop {
  run(): Promise<void>;
  stop(): void;
  readonly waiting: number;
}

const openLoop = (startMs: number): Loop => {
  const sends = plan.sends!;
  const loop = new OpenLoop({
    count: sends,
    dueMs: (k) => {
      const place = k - (k % scenario.together) + plan.worker / plan.workers;
      return startMs + scenario.dueMs(place / sends, plan.durationMs);
    },
    workload,
    recorder,
    nowMs: monotonicMs,
    timeoutMs: plan.to.timeoutMs,
    outlet: {
      get free() {
        return sender.free;
      },
      send: ({ request }, onAnswer) => sender.send(askFor(request), onAnswer),
    },
  });
  sender.onFree = () => loop.turn();
  return {
    run: () => drive(loop, monotonicMs),
    stop: () => {
      loop.stop();
      setTimeout(() => sender.close(), inFlightGraceMs).unref();
    },
    get waiting() {
      return loop.waiting;
    },
  };
};

const closedLoop = (startMs: number): Loop => {
  const loop = new ClosedLoop({
    to: plan.to,
    codec: codecFor(plan.protocol === "connect-json" ? "connect-json" : "connect"),
    workload,
    recorder,
    ask: ({ request }) => askFor(request),
    count: plan.sends,
    startMs,
    durationMs: plan.durationMs,
  });
  return { run: () => loop.run(), stop: () => loop.stop(), waiting: 0 };
};

const carryOut = async (startMs: number, stopped: AbortSignal): Promise<void> => {
  const loop = plan.closed ? closedLoop(startMs) : openLoop(startMs);
  stopped.addEventListener("abort", () => loop.stop());
  const endBeat = metronome(startMs, plan.intervalMs, (beat) =>
    tell({ kind: "interval", interval: recorder.cut({ ...beat, waiting: loop.waiting }) }),
  );
  await loop.run();
  endBeat();
  tell({ kind: "loaded", endMs: monotonicMs() });

  if (plan.closed && !stopped.aborted) await sender.open().catch(() => {});
  const isRepeatable = (request: number) => mechanic.isRepeatable?.(journal.detailOf(request)) ?? true;
  const requests = [...new Set([...journal.unknown(), ...(workload.leftover?.() ?? [])])].filter(
    isRepeatable,
  );
  const settled = await settle({
    journal,
    requests,
    stopped,
    outlet: {
      get free() {
        return sender.free;
      },
      onFree: (sendMore) => {
        sender.onFree = sendMore;
      },
      send: (request, onAnswer) => sender.send(askFor(request), onAnswer),
    },
  });
  sender.close();
  const pages = journal.pages();
  parentPort!.postMessage(
    { kind: "done", pages, settled, lag: recorder.lag.encode() } satisfies Message,
    buffersOf(pages),
  );
  parentPort!.close();
};

const stopping = new AbortController();
parentPort!.on("message", (order: Order) => {
  if (order.kind === "stop") stopping.abort();
  else void carryOut(order.startMs, stopping.signal);
});
if (!plan.closed) await sender.open();
tell({ kind: "ready" });
