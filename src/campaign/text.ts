const MAX_NAME = 200;
const MAX_REQUEST_ID_BYTES = 128;

/** Why this can't be the id of a campaign or prize, as a sentence. */
export function idProblem(id: string): string | undefined {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) return undefined;
  return "It must be 1 to 63 of a-z, 0-9 and -, and not begin with -.";
}

/** Why this can't be a name for people, as a sentence. */
export function nameProblem(name: string): string | undefined {
  const length = lengthOf(name);
  if (length > MAX_NAME) return `It can have ${MAX_NAME} characters, not ${length}.`;
}

/** Why this can't be the request id of a mutation, as a sentence; the empty one stands for none. */
export function requestIdProblem(requestId: string): string | undefined {
  const sizeBytes = Buffer.byteLength(requestId);
  if (sizeBytes > MAX_REQUEST_ID_BYTES) return `It can have ${MAX_REQUEST_ID_BYTES} bytes, not ${sizeBytes}.`;
}

/** In characters as Unicode counts them: code points. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
