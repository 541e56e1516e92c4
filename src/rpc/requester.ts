import type { HandlerContext } from "@connectrpc/connect";
import { caller } from "../auth/caller.ts";
import { callerAddress, countedAddress } from "../server/caller.ts";
import { fault } from "./errors.ts";

/** Whom a request is for: everything that takes, shows or lists by user or address asks here, so that a user can't be somebody else. */
type Context = Pick<HandlerContext, "values">;

/** The calling user's own id; undefined where the caller is no user, and may name whom it likes. */
export function ownUserId({ values }: Context): string | undefined {
  const by = values.get(caller);
  return by?.role === "user" ? by.subject : undefined;
}

/** The user that a request is for: a user's own id, which it may leave out; else the one that the request names. Throws NOT_ALLOWED. */
export function userOf(userId: string, context: Context): string {
  const own = ownUserId(context);
  if (own === undefined || userId === own) return userId;
  if (userId === "") return own;
  throw fault("NOT_ALLOWED", "A user's token is for that user alone: leave user_id out.");
}

/** The address that a checked request counts under, spelled as limits count it. Throws NOT_ALLOWED for a user that names one. */
export function addressOf(address: string, context: Context): string {
  if (address === "") return context.values.get(callerAddress);
  if (ownUserId(context) === undefined) return countedAddress(address) ?? "";
  throw fault("NOT_ALLOWED", "With a user's token the address is the connection's: leave address out.");
}

/** Whether the caller may see what is this user's. */
export function maySee(userId: string, context: Context): boolean {
  const own = ownUserId(context);
  return own === undefined || userId === own;
}

/** A user id beside what everybody may see, such as a winning ticket: users see their own alone, and nothing for others'. */
export function shownUserId(userId: string, context: Context): string {
  return maySee(userId, context) ? userId : "";
}
