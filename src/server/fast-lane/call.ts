import type { DescService } from "@bufbuild/protobuf";
import type { ConnectError, ContextKey, ContextValues, HandlerContext } from "@connectrpc/connect";
import type { GatedCall } from "../../rpc/gate.ts";
import { callerAddress, exactAddress, type Origin } from "../caller.ts";
import type { UnaryMethod } from "./methods.ts";

/** What a call's head says. Calls of one connection whose heads read the same share it. */
export interface CallHead {
  readonly method: UnaryMethod;
  readonly protocol: "connect" | "grpc";
  readonly json: boolean;
  readonly url: string;
  /** The client's own deadline, where it named one. */
  readonly timeoutMs: number | undefined;
  /** Where it comes from. */
  readonly origin: Origin;
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
  headers(): Iterable<[string, string]>;
}

/** Where a call's answer goes, or what went wrong with it: exactly one of the two, once. */
export interface Sink {
  answer(call: Call, message: Uint8Array | string): void;
  fail(call: Call, error: ConnectError): void;
}

/** A call in the fast lane, and its handler's context: whatever of it is asked for is made then, because hardly any of it ever is. */
export class Call implements GatedCall, HandlerContext {
  readonly head: CallHead;
  readonly sink: Sink;
  readonly startedMs: number;
  readonly values: ContextValues;
  /** Answered, or given up on. */
  settled = false;
  #abort: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(head: CallHead, sink: Sink, startedMs: number) {
    this.head = head;
    this.sink = sink;
    this.startedMs = startedMs;
    this.values = new Values(head.origin);
  }

  get method() {
    return this.head.method.desc;
  }
  get service(): DescService {
    return this.head.method.desc.parent;
  }
  get protocolName(): string {
    return this.head.protocol;
  }
  get requestMethod(): string {
    return "POST";
  }
  get url(): string {
    return this.head.url;
  }
  get requestHeader(): Headers {
    this.#requestHeader ??= new Headers([...this.head.headers()]);
    return this.#requestHeader;
  }
  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }
  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }
  /** Aborted at the end of the call, whatever ends it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.settled) this.#abort.abort();
    return this.#abort.signal;
  }
  readonly timeoutMs = (): number | undefined => {
    const { timeoutMs } = this.head;
    return timeoutMs === undefined ? undefined : this.startedMs + timeoutMs - performance.now();
  };

  header(name: string): string | null {
    return this.head.header(name) ?? null;
  }

  /** Whether the handler set headers or trailers of its own. */
  get adorned(): boolean {
    return this.#responseHeader !== undefined || this.#responseTrailer !== undefined;
  }

  settle(reason?: unknown): void {
    this.settled = true;
    this.#abort?.abort(reason);
  }
}

/** A call's context values, of which there are one or two. */
class Values implements ContextValues {
  readonly #origin: Origin;
  #set: Map<symbol, unknown> | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  get<T>({ id, defaultValue }: ContextKey<T>): T {
    if (this.#set?.has(id)) return this.#set.get(id) as T;
    if (id === callerAddress.id) return this.#origin.counted as T;
    return id === exactAddress.id ? (this.#origin.exact as T) : defaultValue;
  }
  set<T>({ id }: ContextKey<T>, value: T): this {
    this.#set ??= new Map();
    this.#set.set(id, value);
    return this;
  }
  delete({ id }: ContextKey<unknown>): this {
    this.#set?.delete(id);
    return this;
  }
}
