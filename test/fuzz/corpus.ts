import type { Random } from "../simulate/random.ts";
import { oddHeaders } from "./grammar/headers.ts";
import { inPieces, mangled } from "./grammar/http1.ts";
import type { BytesInput, CallInput, Input } from "./input.ts";
import type { Subject } from "./subject.ts";

const mostOfASubject = 1_000;

/** Inputs that reached code nothing had reached before, to be changed a little and tried again; the oldest make room. */
export class Corpus {
  readonly #inputs = new Map<Subject, Input[]>();

  get size(): number {
    return [...this.#inputs.values()].reduce((sum, inputs) => sum + inputs.length, 0);
  }

  add(subject: Subject, input: Input): void {
    const inputs = this.#inputs.get(subject) ?? [];
    this.#inputs.set(subject, inputs);
    inputs.push(input);
    if (inputs.length > mostOfASubject) inputs.shift();
  }

  /** One of them, changed; undefined while there is none. */
  next(subject: Subject, random: Random): Input | undefined {
    const inputs = this.#inputs.get(subject);
    if (inputs === undefined) return undefined;
    const input = random.pick(inputs);
    switch (input.kind) {
      case "call":
        return changedCall(input, random.pick(inputs) as CallInput, random);
      case "bytes":
        return changedBytes(input, random.pick(inputs) as BytesInput, random);
      case "settings": {
        const other = random.pick(inputs);
        return other.kind === "settings" ? { ...input, env: { ...input.env, ...other.env } } : input;
      }
      case "file":
        return { ...input, bytes: mangled(input.bytes, random) };
    }
  }
}

function changedCall(call: CallInput, other: CallInput, random: Random): CallInput {
  switch (random.between(0, 5)) {
    case 0:
      return { ...call, headers: oddHeaders(call, random) };
    case 1:
      return call.protocol === other.protocol ? { ...call, body: other.body } : call;
    case 2: {
      const at = random.between(0, call.body.length);
      const from = random.between(0, other.body.length);
      return { ...call, body: Buffer.concat([call.body.subarray(0, at), other.body.subarray(from)]) };
    }
    default:
      return { ...call, body: mangled(call.body, random) };
  }
}

function changedBytes(input: BytesInput, other: BytesInput, random: Random): BytesInput {
  const bytes = Buffer.concat([...input.pieces, ...(random.chance(0.2) ? other.pieces : [])]);
  return {
    ...input,
    pieces: inPieces(random.chance(0.8) ? mangled(bytes, random) : bytes, random),
    end: random.pick(["wait", "half", "cut"]),
  };
}
