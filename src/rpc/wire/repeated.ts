/**
 * The elements of a message whose only field is a repeated message, not yet read. Undefined for anything that is not usual: other fields, lengths
 * of more than two bytes.
 */
export function readRepeated(bytes: Buffer, field: number): Buffer[] | undefined {
  const tag = (field << 3) | 2;
  const elements: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at++] !== tag) return undefined;
    let length = bytes[at++];
    if (length === undefined) return undefined;
    if (length > 127) {
      const high = bytes[at++];
      if (high === undefined || high > 127) return undefined;
      length = (length & 127) | (high << 7);
    }
    if (at + length > bytes.length) return undefined;
    elements.push(bytes.subarray(at, at + length));
    at += length;
  }
  return elements;
}
