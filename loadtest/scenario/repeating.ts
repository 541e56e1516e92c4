import type { Part, Send, Workload } from "./scenario.ts";

const soonestMs = 50;
const latestMs = 2_000;

interface Requests {
  fresh(): Send;
  /** What repeats a request: the same one under its id, or, where it had none, one like it. */
  again(send: Send): Send;
}

/**
 * Every request is sent at least twice. Requests are due in pairs: half of the pairs are one new request sent twice at the same instant;
 * the others are a new request, to be repeated 50 to 2,000 ms later, beside such a repetition.
 */
export const repeating = ({ random }: Pick<Part, "random">, { fresh, again }: Requests): Workload => {
  const ripening: { send: Send; ripeMs: number }[] = [];
  let twin: Send | undefined;
  let pair = 0;
  const repetition = (nowMs: number): Send => {
    const ripe = ripening.findIndex((one) => one.ripeMs <= nowMs);
    return ripe < 0 ? fresh() : again(ripening.splice(ripe, 1)[0]!.send);
  };
  return {
    next: (nowMs) => {
      if (twin) {
        const send = twin;
        twin = undefined;
        return send;
      }
      const send = fresh();
      if (pair++ % 2 === 0) twin = again(send);
      else {
        twin = repetition(nowMs);
        ripening.push({ send, ripeMs: nowMs + soonestMs + random() * (latestMs - soonestMs) });
      }
      return send;
    },
    leftover: () => ripening.map(({ send }) => send.request),
  };
};
