/** In place of a serial, in 6 bytes: nothing was taken from stock. */
const none = 2 ** 48 - 1;

/** A serial in 6 bytes (big endian), as the Functions write it; undefined: none. */
export function readSerial(bytes: Buffer, at: number): number | undefined {
  const serial = bytes.readUIntBE(at, 6);
  return serial === none ? undefined : serial;
}

export function writeSerial(bytes: Buffer, serial: number | undefined, at: number): void {
  bytes.writeUIntBE(serial ?? none, at, 6);
}
