import type { JsonValue } from "@bufbuild/protobuf";
import type { Random } from "../../simulate/random.ts";

const mostOfAName = 64;

/** Fields that take what other fields gave. */
const sameAs: Readonly<Record<string, string>> = {
  nextPageToken: "pageToken",
  campaignIds: "campaignId",
};

/**
 * Values that the server knows, by the field they were seen in: ids of campaigns that are there, codes that were given out, tokens of
 * pages. Without them no input gets behind the first look-up.
 */
export class Known {
  readonly #values = new Map<string, string[]>();

  add(field: string, value: string): void {
    if (value === "" || value.length > 512) return;
    const name = sameAs[field] ?? field;
    const values = this.#values.get(name) ?? [];
    this.#values.set(name, values);
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > mostOfAName) values.splice(0, 1);
  }

  /** From an answer in JSON, but for ids: what is created on the way is worth less than what was prepared. */
  learn(answer: JsonValue): void {
    if (Array.isArray(answer)) for (const element of answer) this.learn(element);
    else if (typeof answer === "object" && answer !== null) {
      for (const [field, value] of Object.entries(answer)) {
        if (typeof value === "string" && field !== "id" && field !== "campaignId") this.add(field, value);
        else if (typeof value === "number") this.add(field, String(value));
        else this.learn(value);
      }
    }
  }

  pick(field: string, random: Random): string | undefined {
    const values = this.#values.get(field);
    return values && random.pick(values);
  }

  /** Some of them, not always the same. */
  some(field: string, count: number, random: Random): string[] {
    const values = this.#values.get(field) ?? [];
    return [...new Set(Array.from({ length: values.length && count }, () => random.pick(values)))];
  }

  /** Everything, for another one to begin with. */
  copy(): Known {
    const other = new Known();
    for (const [field, values] of this.#values) other.#values.set(field, [...values]);
    return other;
  }
}
