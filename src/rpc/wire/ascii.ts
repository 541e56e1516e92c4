/** UTF-8 as a string of one character a byte; the text itself where it is ASCII, as nearly all are. */
export function utf8Chars(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");
}

/** Undefined for what is not UTF-8. */
export function readUtf8(bytes: Buffer, from: number, to: number): string | undefined {
  const text = bytes.toString("utf8", from, to);
  // A replacement character stands for bytes that are none, or for itself: rare enough to be looked at by others.
  return text.includes("\ufffd") ? undefined : text;
}
