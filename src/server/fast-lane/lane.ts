import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Logger } from "../../log.ts";
import { lateFault, reasonOf, toConnectError } from "../../rpc/errors.ts";
import { type Gate, passFrom } from "../../rpc/gate.ts";
import type { CallMeter } from "../call-meter.ts";
import { refusalReason } from "../call-record.ts";
import { Deadlines } from "../deadlines.ts";
import { Call, type CallHead, type Sink } from "./call.ts";
import { Later } from "./later.ts";

export interface LaneOptions {
  readonly gates: readonly Gate[];
  readonly meter: CallMeter;
  readonly log: Logger;
  readonly timeoutMs: number;
}

/** Carries calls from their bytes to their handlers and back, whatever the transport; what connect does for all other calls. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #deadlines: Deadlines<Call>;

  constructor(options: LaneOptions) {
    this.#options = options;
    const { timeoutMs } = options;
    this.#deadlines = new Deadlines(timeoutMs, (call) => this.#fail(call, lateFault(timeoutMs)));
  }

  /** A call's message; undefined where it does not decode: connect's lane knows what to say about it. */
  read({ method, json }: CallHead, body: Buffer): MessageShape<DescMessage> | undefined {
    try {
      return method.codec.read(body, json);
    } catch {
      return undefined;
    }
  }

  /** From here on a call has its deadline; what becomes of it goes to the sink. */
  begin(head: CallHead, sink: Sink): Call {
    const call = new Call(head, sink, performance.now());
    this.#deadlines.add(call);
    return call;
  }

  /** A call that turned out not to be plain: it is somebody else's. */
  forget(call: Call): void {
    this.#settle(call);
  }

  /** Takes a call whose message is complete to its handler; its answer may come before this returns. */
  run(call: Call, message: MessageShape<DescMessage>): void {
    try {
      const gated = passFrom(this.#options.gates, call, message, 0);
      if (gated === undefined) this.#handle(call, message);
      else gated.then(() => this.#handle(call, message)).catch((thrown) => this.#fail(call, thrown));
    } catch (thrown) {
      this.#fail(call, thrown);
    }
  }

  /** The client is gone: nobody waits for this call any more. What its handler does goes on. */
  abandon(call: Call): void {
    if (this.#settle(call)) this.#count(call, "canceled");
  }

  /** A request whose client left in the middle of it. */
  countCut({ method }: CallHead): void {
    this.#options.meter.count(method.name, "canceled", "", 0);
  }

  #handle(call: Call, message: MessageShape<DescMessage>): void {
    const answer: unknown = call.head.method.handle(message, call);
    const onValue = (value: MessageInitShape<DescMessage>) => this.#answer(call, value);
    const onError = (thrown: unknown) => this.#fail(call, thrown);
    if (answer instanceof Later) answer.listen(onValue, onError);
    else if (answer instanceof Promise) answer.then(onValue, onError);
    else onValue(answer as MessageInitShape<DescMessage>);
  }

  #answer(call: Call, message: MessageInitShape<DescMessage>): void {
    const { method, json } = call.head;
    let bytes: Uint8Array | string;
    try {
      bytes = method.codec.write(message, json);
    } catch (thrown) {
      this.#fail(call, thrown);
      return;
    }
    if (!this.#settle(call)) return;
    call.sink.answer(call, bytes);
    this.#count(call, "ok", refusalReason(message));
  }

  #fail(call: Call, thrown: unknown): void {
    const { method } = call.head;
    const error = toConnectError(thrown, this.#options.log, method.name);
    if (!this.#settle(call)) return;
    call.sink.fail(call, error);
    this.#count(call, codeToString(error.code), reasonOf(error));
  }

  /** False: it was settled before. */
  #settle(call: Call): boolean {
    if (call.settled) return false;
    call.settle();
    this.#deadlines.delete(call);
    return true;
  }

  #count(call: Call, code: string, reason = ""): void {
    this.#options.meter.count(call.head.method.name, code, reason, performance.now() - call.startedMs);
  }
}
