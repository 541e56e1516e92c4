/** What inputs are generated for. */
export const subjects = [
  "protobuf",
  "json",
  "grpc",
  "headers",
  "http1",
  "http2",
  "settings",
  "import",
] as const;

export type Subject = (typeof subjects)[number];
