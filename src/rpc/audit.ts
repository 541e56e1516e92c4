import { randomUUIDv7 } from "node:crypto";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { ConnectError, type ConnectRouter, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { type Caller, caller } from "../auth/caller.ts";
import { isManagers, isOpen } from "../auth/roles.ts";
import { idProblem, requestIdProblem } from "../campaign/text.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { AuditLedger } from "../ledger/audit.ts";
import type { Logger } from "../log.ts";
import { refusalReason } from "../server/call-record.ts";
import { exactAddress } from "../server/caller.ts";
import { Fault, reasonOf } from "./errors.ts";
import { outageAsFault } from "./outage.ts";

export interface AuditDeps {
  ledger: Pick<AuditLedger, "beginAudit" | "endAudit">;
  secrets: Pick<Secrets, "userHashKey">;
  log: Pick<Logger, "warn">;
  /** Milliseconds since the Unix epoch. */
  clock: () => number;
}

/** Whether calls of a method leave a row: what only managers may call and changes something. */
export function isAudited({ parent, name, idempotency }: DescMethod): boolean {
  if (isOpen(parent.typeName)) return false;
  return isManagers(parent.typeName, name) && idempotency !== Idempotency.NO_SIDE_EFFECTS;
}

/**
 * The audit log: every manager's call that changes something leaves a row, whichever lane carries it. The row is there before the call is
 * carried out, so that nothing is done without a trace: where it can't be written, the call fails and has done nothing. The outcome is
 * added before the answer; where that can't be written, the call is answered all the same and its row has none.
 */
export class Audit {
  readonly #deps: AuditDeps;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
  }

  /** A router that registers everything with another one, handlers of audited methods with their rows around them. */
  router(router: ConnectRouter): ConnectRouter {
    const auditing: ConnectRouter = {
      handlers: router.handlers,
      service: (service, implementation, options) => {
        router.service(service, this.#audited(service, implementation), options);
        return auditing;
      },
      rpc: (method, handle, options) => {
        router.rpc(method, this.#around(method, handle as Handler) as unknown as typeof handle, options);
        return auditing;
      },
    };
    return auditing;
  }

  /** Notes a call of a manager's that was refused before its handler. */
  async refused(method: DescMethod, context: Context, outcome: string): Promise<void> {
    await this.#end(await this.#begin(method, {}, context), outcome, {});
  }

  #audited<S extends DescService>(
    service: S,
    implementation: Partial<ServiceImpl<S>>,
  ): Partial<ServiceImpl<S>> {
    const handlers = implementation as Record<string, Handler | undefined>;
    const audited: Record<string, Handler> = {};
    for (const method of service.methods) {
      const handle = handlers[method.localName];
      if (handle !== undefined) audited[method.localName] = this.#around(method, handle.bind(implementation));
    }
    return audited as unknown as Partial<ServiceImpl<S>>;
  }

  #around(method: DescMethod, handle: Handler): Handler {
    if (!isAudited(method)) return handle;
    switch (method.methodKind) {
      case "unary":
        return (request, context) => this.#one(method, handle, request, context);
      case "server_streaming":
        return (request, context) => this.#many(method, handle, request, context);
      default:
        throw new Error(`${method.name} takes a stream: its requests are not known before it is carried out`);
    }
  }

  async #one(
    method: DescMethod,
    handle: Handler,
    request: Message,
    context: HandlerContext,
  ): Promise<unknown> {
    if (request.validateOnly) return handle(request, context);
    const id = await this.#begin(method, request, context);
    try {
      const answer = (await handle(request, context)) as Message;
      await this.#end(id, outcomeOf(answer), answer);
      return answer;
    } catch (thrown) {
      await this.#end(id, reasonFor(thrown), {});
      throw thrown;
    }
  }

  async *#many(method: DescMethod, handle: Handler, request: Message, context: HandlerContext) {
    const id = await this.#begin(method, request, context);
    // Until it is known otherwise: nobody waits for the rest.
    let outcome = "CANCELED";
    try {
      yield* handle(request, context) as AsyncIterable<unknown>;
      outcome = "OK";
    } catch (thrown) {
      outcome = reasonFor(thrown);
      throw thrown;
    } finally {
      await this.#end(id, outcome, {});
    }
  }

  /** Throws LEDGER_UNAVAILABLE: then the call is not to be carried out. */
  async #begin({ name }: DescMethod, request: Message, { values }: Context): Promise<Buffer> {
    const { ledger, secrets, clock } = this.#deps;
    const id = Buffer.from(randomUUIDv7().replaceAll("-", ""), "hex");
    const { userId = "", requestId = "" } = request;
    try {
      await ledger.beginAudit({
        id,
        timeMs: clock(),
        actor: actorOf(values.get(caller)),
        address: values.get(exactAddress),
        method: name,
        campaignId: campaignIn(request),
        userHash: userId === "" ? undefined : keyedHash(secrets.userHashKey, [userId]),
        requestId: requestIdProblem(requestId) === undefined ? requestId : "",
        outcome: "",
      });
    } catch (error) {
      throw outageAsFault(error);
    }
    return id;
  }

  async #end(id: Buffer, outcome: string, answer: Message): Promise<void> {
    try {
      await this.#deps.ledger.endAudit(id, outcome, campaignIn(answer));
    } catch (error) {
      this.#deps.log.warn({ err: error, id: id.toString("hex"), outcome }, "an audit row has no outcome");
    }
  }
}

type Context = Pick<HandlerContext, "values">;
type Handler = (request: Message, context: HandlerContext) => unknown;

/** What requests and answers may say about what a call is about. */
interface Message {
  readonly campaignId?: string;
  readonly campaign?: { readonly id?: string };
  readonly coupon?: { readonly campaignId?: string };
  readonly outcome?: { readonly case?: string; readonly value?: unknown };
  readonly userId?: string;
  readonly requestId?: string;
  readonly validateOnly?: boolean;
}

/** Of a campaign, a coupon or a code; empty where nothing names one, or what names it can't be one. */
function campaignIn({ campaignId, campaign, coupon, outcome }: Message): string {
  const value = outcome?.value as { campaignId?: string } | undefined;
  const id = campaignId || campaign?.id || coupon?.campaignId || value?.campaignId || "";
  return idProblem(id) === undefined ? id : "";
}

function actorOf(by: Caller | undefined): string {
  if (by?.keyId !== undefined) return `key:${by.keyId}`;
  return by?.subject === undefined ? "anybody" : `token:${by.subject}`;
}

const outcomeOf = (answer: Message) => refusalReason(answer) || "OK";

function reasonFor(thrown: unknown): string {
  const known = outageAsFault(thrown);
  if (known instanceof Fault) return known.reason;
  if (thrown instanceof ConnectError) return reasonOf(thrown) ?? codeToString(thrown.code).toUpperCase();
  return "INTERNAL";
}
