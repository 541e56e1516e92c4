/** How messages are read from JSON and written to it, the same in both lanes. */
export const jsonOptions = {
  // A misspelt field of a campaign must not pass for one that was left out.
  ignoreUnknownFields: false,
  // Two user ids that are not UTF-8 must not become the same one.
  textDecoder: new TextDecoder("utf-8", { fatal: true }),
};
