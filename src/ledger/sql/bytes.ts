/** A Buffer over the same memory: SQLite returns plain arrays, and mysql2 would write one of those as an object. */
export function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
