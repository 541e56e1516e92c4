/** One thing that the audit looked at. */
export interface Check {
  name: string;
  passed: boolean;
  /** The figures it compared, as a sentence. */
  detail: string;
  /** A few of the things that are wrong. */
  examples: string[];
}

const examplesKept = 5;

/** A check that passes if there is nothing to find fault with. */
export const check = (name: string, detail: string, faults: Iterable<string>): Check => {
  const examples: string[] = [];
  let passed = true;
  for (const fault of faults) {
    passed = false;
    if (examples.push(fault) === examplesKept) break;
  }
  return { name, passed, detail, examples };
};

/** 1234567 as 1,234,567. */
export const figure = (count: number): string => count.toLocaleString("en-US");
