import type { Limits, Mechanic } from "./campaign.ts";
import type { Problem } from "./problem.ts";

type Kind = Mechanic["kind"];

/** What sets one mechanic apart from the others. */
interface Traits {
  /** Entries are numbered by user and day: the first, second, … of the day. */
  isNumbered: boolean;
  /** A prize that has run out becomes no prize: an entry is recorded, and nothing is refused. */
  givesNothing: boolean;
  /** What is taken from stock has a code. */
  hasCodes: boolean;
  /** Something is drawn, from a secret that was committed to. */
  isDrawn: boolean;
  /** What a limit is where the campaign sets none. */
  limits: Partial<Limits>;
}

const traits: Record<Kind, Traits> = {
  "first-come": { isNumbered: false, givesNothing: false, hasCodes: true, isDrawn: false, limits: {} },
  "instant-win": {
    isNumbered: true,
    givesNothing: true,
    hasCodes: true,
    isDrawn: true,
    limits: { perUserPerDay: 1 },
  },
  raffle: { isNumbered: false, givesNothing: false, hasCodes: false, isDrawn: true, limits: { perUser: 1 } },
  lottery: {
    isNumbered: true,
    givesNothing: true,
    hasCodes: false,
    isDrawn: true,
    limits: { perUserPerDay: 1 },
  },
  "code-pool": {
    isNumbered: false,
    givesNothing: false,
    hasCodes: true,
    isDrawn: false,
    limits: { perUser: 1 },
  },
};

export const traitsOf = ({ kind }: Mechanic): Traits => traits[kind];

/** Each number of a user and day is decided about before anybody asks, so there is a bound. */
const numbersMax = 100;

/** The limits in force. A limit per address is one that a raffle or code pool may have instead of that per user. */
export function effectiveLimits(mechanic: Mechanic, limits: Limits, problems: Problem[]): Limits {
  const { isNumbered, limits: usual } = traitsOf(mechanic);
  const perUserUsual = limits.perAddress > 0 ? 0 : (usual.perUser ?? 0);
  const inForce = {
    perUser: limits.perUser || perUserUsual,
    perUserPerDay: limits.perUserPerDay || (usual.perUserPerDay ?? 0),
    perAddress: limits.perAddress,
  };
  if (isNumbered && inForce.perUserPerDay > numbersMax) {
    const problem = `It can be ${numbersMax} at most here, not ${inForce.perUserPerDay}.`;
    problems.push({ field: "campaign.limits.per_user_per_day", problem });
  }
  return inForce;
}
