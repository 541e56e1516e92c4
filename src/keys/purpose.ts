/** What a wrapped key is for; it can't be unwrapped for anything else. */
export type Purpose =
  | "code-space"
  | "draw"
  | "user-hash"
  | "address-hash"
  | "request-hash"
  | "page-token"
  | "phone"
  | "phone-hash"
  | "webhook"
  | "ticket"
  | "ballot"
  | "mutation"
  | "outbox";
