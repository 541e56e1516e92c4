import type { Duration } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import type { RedemptionRequest } from "../campaign/redemption.ts";
import type { CodeBook } from "../issuing/code-book.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { Secrets } from "../keys/secrets.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import type { Redeemer } from "../redemption/redeemer.ts";
import { Overloaded } from "../store/batcher.ts";
import { StoreUnavailable } from "../store/store.ts";
import { couponMessage } from "./coupon-message.ts";
import { type Fault, type FieldProblem, fault, invalid } from "./errors.ts";
import { refusalMessage } from "./issue-answer.ts";
import { userOf } from "./requester.ts";
import type { WrongGuesses } from "./wrong-guesses.ts";

export interface RedemptionDeps {
  codes: Pick<CodeBook, "decode">;
  secrets: Pick<Secrets, "userHashKey">;
  redeemer: Pick<Redeemer, "redeem">;
  guesses: WrongGuesses;
}

/** What the requests of all four methods have, and what some of them have. */
export interface OrderRequest {
  code: string;
  orderId: string;
  userId?: string;
  ttl?: Duration;
}

const idBytesMax = 128;
const ttlUsualMs = 15 * 60_000;
const ttlMaxSeconds = 7n * 86_400n;

/** Does what an order wants of a coupon, or says why not. */
export async function redemption(
  { codes, secrets, redeemer, guesses }: RedemptionDeps,
  act: RedemptionRequest["act"],
  request: OrderRequest,
  context: HandlerContext,
) {
  const { code, orderId, ttl } = request;
  const problems: FieldProblem[] = [];
  const report = (field: string, problem: string) => problems.push({ field, problem });
  if (code === "") report("code", "It is required.");
  if (orderId === "") report("order_id", "It is required.");
  checkSize("order_id", orderId, report);
  checkSize("user_id", request.userId ?? "", report);
  const ttlMs = ttl === undefined ? ttlUsualMs : msOf(ttl, report);
  if (problems.length > 0) throw invalid(problems);
  const userId = userOf(request.userId ?? "", context);
  const userHash = userId === "" ? undefined : keyedHash(secrets.userHashKey, [userId]);
  const redeem = async () => {
    const key = await codes.decode(code);
    return key && redeemer.redeem({ ...key, act, orderId, ttlMs, userHash }).catch(asFault);
  };
  const answer = await guesses.guard(context, redeem, couponNotFound, userId);
  if (answer.kind === "refused") {
    return {
      outcome: { case: "refusal" as const, value: refusalMessage({ ...answer, kind: "refusal" }) },
      replayed: false,
    };
  }
  const value = couponMessage(code, answer.coupon);
  return { outcome: { case: "coupon" as const, value }, replayed: answer.replayed };
}

/** The same for whatever is wrong with a code. */
export const couponNotFound = (): Fault => fault("COUPON_NOT_FOUND", "There is no coupon with this code.");

type Report = (field: string, problem: string) => void;

function checkSize(field: string, id: string, report: Report): void {
  const bytes = Buffer.byteLength(id);
  if (bytes > idBytesMax) report(field, `It must be at most ${idBytesMax} bytes of UTF-8, not ${bytes}.`);
}

function msOf({ seconds, nanos }: Duration, report: Report): number {
  const isWhole = nanos >= 0 && nanos <= 999_999_999;
  if (!isWhole || seconds < 1n || seconds > ttlMaxSeconds || (seconds === ttlMaxSeconds && nanos > 0)) {
    report("ttl", "It must be 1 second to 7 days.");
    return 0;
  }
  return Number(seconds) * 1_000 + Math.floor(nanos / 1e6);
}

/** The order is what makes asking again safe. */
function asFault(thrown: unknown): never {
  if (thrown instanceof LedgerUnavailable) {
    throw fault(
      "LEDGER_UNAVAILABLE",
      "The database can't be reached, and it is not known whether it was done: ask again with the same order_id.",
    );
  }
  if (thrown instanceof StoreUnavailable) {
    throw fault(
      "STORE_UNAVAILABLE",
      "The coupon may have been issued a moment ago, and the store can't be reached: ask again with the same order_id.",
    );
  }
  if (thrown instanceof Overloaded) {
    throw fault("OVERLOADED", "Too many requests are waiting: ask again with the same order_id.");
  }
  throw thrown;
}
