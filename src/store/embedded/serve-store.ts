import type { DatabaseSync } from "node:sqlite";
import type { MessagePort } from "node:worker_threads";
import { type Released, StoreUnavailable } from "../store.ts";
import { EmbeddedStore } from "./embedded-store.ts";
import { packOutcomes } from "./packed-outcomes.ts";
import { type PackedGroup, unpackGroup } from "./packed-takes.ts";

export type Question =
  | { take: PackedGroup[] }
  | { issued: number }
  | { nowMs: true }
  | { forget: number }
  | { seal: { campaignNo: number; untilMs: number } }
  /** Its keys arrive as plain bytes. */
  | { release: Released }
  | { close: true };

export type Answer = { value: unknown } | { unavailable: string } | { broken: unknown };

/** Answers a ThreadedStore's questions, in their order, from a database that nobody else uses in this thread. */
export function serveStore(port: MessagePort, db: DatabaseSync): void {
  const say = (answer: Answer) => port.postMessage(answer);
  const store = new EmbeddedStore({
    db,
    exclusive: async (work) => work(),
    nowMs: Date.now,
    onBrokenCommit: (error) => say({ broken: error }),
  });
  async function answer(question: Question): Promise<unknown> {
    if ("take" in question) return (await store.take(0, question.take.map(unpackGroup))).map(packOutcomes);
    if ("issued" in question) return store.issued(0, question.issued);
    if ("forget" in question) return store.forget(0, question.forget);
    if ("seal" in question) return store.seal(0, question.seal.campaignNo, question.seal.untilMs);
    if ("release" in question) return store.release(0, question.release);
    if ("nowMs" in question) return store.nowMs();
    return db.close();
  }
  port.on("message", (question: Question) => {
    answer(question).then(
      (value) => say({ value }),
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        say({ unavailable: error.message });
      },
    );
  });
}
