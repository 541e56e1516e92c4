import type { Outcome } from "../store.ts";

/** Serial, number, time, and whether it is a replay. */
const columns = 4;
/** In place of a serial: the outcome is the next of the others … */
const other = -1;
/** … or there is none. */
const noSerial = -2;

/** A group's outcomes as they cross between threads: entries in rows of numbers, since they are many. */
export interface PackedOutcomes {
  issued: Float64Array;
  others: Outcome[];
}

export function packOutcomes(outcomes: Outcome[]): PackedOutcomes {
  const issued = new Float64Array(outcomes.length * columns);
  const others: Outcome[] = [];
  for (let o = 0; o < outcomes.length; o++) {
    const outcome = outcomes[o]!;
    const at = o * columns;
    if (outcome.kind === "issued") {
      issued[at] = outcome.serial ?? noSerial;
      issued[at + 1] = outcome.number;
      issued[at + 2] = outcome.timeMs;
      issued[at + 3] = outcome.replayed ? 1 : 0;
    } else {
      issued[at] = other;
      others.push(outcome);
    }
  }
  return { issued, others };
}

export function unpackOutcomes({ issued, others }: PackedOutcomes): Outcome[] {
  const outcomes: Outcome[] = [];
  let next = 0;
  for (let at = 0; at < issued.length; at += columns) {
    const serial = issued[at]!;
    outcomes.push(
      serial === other
        ? others[next++]!
        : {
            kind: "issued",
            serial: serial === noSerial ? undefined : serial,
            number: issued[at + 1]!,
            timeMs: issued[at + 2]!,
            replayed: issued[at + 3] === 1,
          },
    );
  }
  return outcomes;
}
