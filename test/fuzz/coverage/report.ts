import { BroadcastChannel, isMainThread } from "node:worker_threads";
import { CoveredSource, type Run } from "./covered-source.ts";

/** What the fuzzer asks a server that was started with this file imported ahead of it. */
export type Question =
  | { readonly take: true }
  | { readonly forget: true }
  | { readonly add: readonly Run[] }
  | { readonly heap: true };

export interface Report {
  /** Covered for the first time, in any of its threads. */
  readonly runs: Run[];
  /** Of the heap's bytes those in use; without garbage where that was the question. */
  readonly heapBytes: number;
}

/** How long the store's thread may take to say what it covered; one that is ending says nothing. */
const threadMs = 2_000;

const source = new CoveredSource();
source.start();
const channel = new BroadcastChannel("allot-fuzz-coverage");
channel.unref();

if (isMainThread) {
  process.on("message", (question: Question) => void answer(question));
  process.once("disconnect", () => process.exit(0));
  process.channel?.unref();
} else {
  channel.onmessage = ({ data }) => {
    const { asked, question } = data as { asked?: number; question: Question };
    if (asked !== undefined) channel.postMessage({ answered: asked, runs: carryOut(question) });
  };
}

let asked = 0;

async function answer(question: Question): Promise<void> {
  const elsewhere = askThread(question);
  const runs = [...carryOut(question), ...(await elsewhere)];
  if ("heap" in question) globalThis.gc?.();
  process.send?.({ runs, heapBytes: process.memoryUsage().heapUsed } satisfies Report);
}

function carryOut(question: Question): Run[] {
  if ("take" in question) return source.take();
  if ("forget" in question) source.forget();
  if ("add" in question) source.add(question.add);
  return [];
}

function askThread(question: Question): Promise<Run[]> {
  const mine = ++asked;
  return new Promise((resolve) => {
    const settle = (runs: Run[]) => {
      clearTimeout(timer);
      resolve(runs);
    };
    const timer = setTimeout(settle, threadMs, []);
    channel.onmessage = ({ data }) => {
      const { answered, runs } = data as { answered?: number; runs: Run[] };
      if (answered === mine) settle(runs);
    };
    channel.postMessage({ asked: mine, question });
  });
}
