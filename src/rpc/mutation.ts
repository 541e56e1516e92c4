import { createHash } from "node:crypto";
import {
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Campaign } from "../campaign/campaign.ts";
import type { Checked } from "../campaign/problem.ts";
import { requestIdProblem } from "../campaign/text.ts";
import type { Ledger, Mutation } from "../ledger/ledger.ts";
import { fault, invalid } from "./errors.ts";

/** One mutation of a campaign. */
export interface Steps<Value, Answer> {
  /** Makes sense of the request, or says what is wrong with it. */
  check(): Promise<Checked<Value>>;
  /** Makes the change in the ledger, in one step with a record of the mutation; undefined: it was recorded by another in between. */
  make(value: Value, mutation: Mutation | undefined): Promise<Campaign | undefined>;
  /** Brings what the ledger has into force and tells the caller. Bears repeating: whoever made the change may have died since. */
  finish(campaign: Campaign): Promise<Answer>;
}

/**
 * Does a mutation once for its request id, however often and wherever it is asked for: the first answer is recorded and returned from
 * then on. Throws REQUEST_ID_REUSED where the id stands for another request. Without a request id it is done each time.
 */
export async function mutate<I extends DescMessage, O extends DescMessage, Value>(
  ledger: Ledger,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I> & { requestId: string },
  steps: Steps<Value, MessageShape<O>>,
): Promise<MessageShape<O>> {
  const { requestId } = request;
  const ofRequestId = requestIdProblem(requestId);
  if (ofRequestId !== undefined) {
    const { problems = [] } = await steps.check();
    throw invalid([{ field: "request_id", problem: ofRequestId }, ...problems]);
  }
  const make = async (mutation: Mutation | undefined) => {
    const checked = await steps.check();
    if (checked.problems !== undefined) throw invalid(checked.problems);
    return steps.make(checked.value, mutation);
  };
  if (requestId === "") return steps.finish(found(await make(undefined)));

  const recorded = () => ledger.mutation(method.name, requestId);
  const finish = async (campaign: Campaign) => {
    const answer = await steps.finish(campaign);
    await ledger.answer(method.name, requestId, toBinary(method.output, answer));
    // Where two servers finished it, both return what one of them recorded.
    const first = await recorded();
    return first?.answer ? fromBinary(method.output, first.answer) : answer;
  };

  const digest = digestOf(method, request);
  let earlier = await recorded();
  if (earlier === undefined) {
    const campaign = await make({ method: method.name, requestId, digest });
    if (campaign !== undefined) return finish(campaign);
    earlier = found(await recorded());
  }
  if (!digest.equals(earlier.digest)) {
    throw fault(
      "REQUEST_ID_REUSED",
      "This request_id was used for another request: take a fresh one for each, and the same one only to repeat it.",
    );
  }
  if (earlier.answer !== undefined) return fromBinary(method.output, earlier.answer);
  return finish(found(await ledger.campaignByNo(earlier.campaignNo)));
}

function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error("the ledger has no row for a mutation that it recorded");
  return row;
}

/** 32 bytes that stand for everything in a request but its id, by whichever client and in whichever encoding it was sent. */
function digestOf<I extends DescMessage>(method: DescMethodUnary<I>, request: MessageShape<I>): Buffer {
  const canonical = withSortedKeys({ ...request, requestId: "" }) as MessageShape<I>;
  const bytes = toBinary(method.input, canonical, { writeUnknownFields: false });
  return createHash("sha256").update(`${method.name}\0`).update(bytes).digest();
}

/** Clients write the entries of a map in any order, and a repeat in another one. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}
