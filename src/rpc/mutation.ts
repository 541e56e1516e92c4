import { createHash } from "node:crypto";
import {
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Checked } from "../campaign/problem.ts";
import { requestIdProblem } from "../campaign/text.ts";
import type { Discretion } from "../keys/discretion.ts";
import type { Ledger, Mutation } from "../ledger/ledger.ts";
import { type Fault, fault, invalid } from "./errors.ts";

/** One mutation; `Made` is what it is made on, as the ledger has it afterwards: a campaign, a participant. */
export interface Steps<Value, Made, Answer> {
  /** Makes sense of the request, or says what is wrong with it. */
  check(): Promise<Checked<Value>>;
  /**
   * Makes the change in the ledger, in one transaction with the record of `mutation` (ledger/sql/mutations.ts: addMutation, with the
   * subject that recall finds it by); undefined: another one recorded it in between. Throws where it is refused: nothing is recorded.
   */
  make(value: Value, mutation: Mutation | undefined): Promise<Made | undefined>;
  /** What was made on a recorded subject, for who finishes what another began. Throws a Fault where it is gone since. */
  recall(subject: string): Promise<Made>;
  /** Brings what the ledger has into force and tells the caller. Bears repeating: whoever made the change may have died since. */
  finish(made: Made): Promise<Answer>;
  /** Where request or answer names a person: then neither is kept in the clear. */
  discretion?: Discretion;
}

/**
 * Does a mutation once for its request id, however often and wherever it is asked for: the first answer is recorded and returned from
 * then on. Throws REQUEST_ID_REUSED where the id stands for another request. Without a request id it is done each time.
 */
export async function mutate<I extends DescMessage, O extends DescMessage, Value, Made>(
  ledger: Pick<Ledger, "mutation" | "answer">,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I> & { requestId: string },
  steps: Steps<Value, Made, MessageShape<O>>,
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

  const { digestOf, seal, open } = steps.discretion ?? inTheClear;
  const recorded = () => ledger.mutation(method.name, requestId);
  const answered = (bytes: Uint8Array) => fromBinary(method.output, open(bytes));
  const finish = async (made: Made) => {
    const answer = await steps.finish(made);
    await ledger.answer(method.name, requestId, seal(toBinary(method.output, answer)));
    // Where two servers finished it, both return what one of them recorded.
    const first = await recorded();
    return first?.answer ? answered(first.answer) : answer;
  };

  const digest = digestOf(canonical(method, request));
  let earlier = await recorded();
  if (earlier === undefined) {
    const made = await make({ method: method.name, requestId, digest });
    if (made !== undefined) return finish(made);
    earlier = found(await recorded());
  }
  if (!digest.equals(earlier.digest)) {
    throw requestIdReused();
  }
  if (earlier.answer !== undefined) return answered(earlier.answer);
  return finish(await steps.recall(earlier.subject));
}

export function requestIdReused(): Fault {
  return fault(
    "REQUEST_ID_REUSED",
    "This request_id was used for another request: take a fresh one for each, and the same one only to repeat it.",
  );
}

const inTheClear: Discretion = {
  digestOf: (bytes) => createHash("sha256").update(bytes).digest(),
  seal: (bytes) => bytes,
  open: (bytes) => bytes,
};

function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error("the ledger has no row for a mutation that it recorded");
  return row;
}

/** Everything in a request but its id, alike by whichever client and in whichever encoding it was sent. */
function canonical<I extends DescMessage>(method: DescMethodUnary<I>, request: MessageShape<I>): Uint8Array {
  const message = withSortedKeys({ ...request, requestId: "" }) as MessageShape<I>;
  const bytes = toBinary(method.input, message, { writeUnknownFields: false });
  return Buffer.concat([Buffer.from(`${method.name}\0`), bytes]);
}

/** Clients write the entries of a map in any order, and a repeat in another one. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}
