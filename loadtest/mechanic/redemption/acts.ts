/** What an order does with a coupon. */
export const acts = ["reserve", "confirm", "release", "redeem", "redeem another's"] as const;

export type Act = (typeof acts)[number];

/** One act of one order on one coupon, as a request's detail has it. */
export interface Step {
  act: Act;
  /** Its number, different for every order of a run. */
  order: number;
  /** The coupon may be taken back meanwhile. */
  revocable: boolean;
}

const actRoom = 8;
const revocableEvery = 10;

/** Whether the coupon with this number is one of those that are taken back. */
export const isRevocable = (coupon: number): boolean => coupon % revocableEvery === revocableEvery - 1;

export const detailOf = ({ act, order, revocable }: Step): number =>
  (order * actRoom + acts.indexOf(act)) * 2 + Number(revocable);

export const stepOf = (detail: number): Step => {
  const step = Math.floor(detail / 2);
  return {
    act: acts[step % actRoom]!,
    order: Math.floor(step / actRoom),
    revocable: detail % 2 === 1,
  };
};

/** Whether a coupon is used for good by this. */
export const isFinal = ({ act }: Step): boolean => act !== "reserve" && act !== "release";

export const orderIdOf = (userId: string, { order }: Pick<Step, "order">): string => `${userId}.${order}`;
