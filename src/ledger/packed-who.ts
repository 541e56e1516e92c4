import type { Entry } from "./entries.ts";

const hasRequest = 1;
const hasAddress = 2;
const hashBytes = 16;
const fieldsBytes = 8;

/**
 * Steps through who the entries of a run went to, packed by the store, and says where the fields are: recording reads them in place,
 * since an object a row with its Buffers would cost more than all the rest. For each entry: length of what follows in 2 bytes (big
 * endian), flags 1, user hash 16, request hash 16 and request fields 8 if any, address hash 16 if any, user id in UTF-8.
 */
export class WhoCursor {
  readonly bytes: Buffer;
  userHashAt = 0;
  /** The request's hash, and behind it its fields; 0: there is no request. */
  requestAt = 0;
  /** 0: there is no address. */
  addressAt = 0;
  userIdAt = 0;
  /** Where the user id ends, and the next entry begins. */
  end = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Goes on to the next entry, at first to the first. */
  next(): void {
    const { bytes, end } = this;
    const flags = bytes[end + 2]!;
    this.userHashAt = end + 3;
    let at = end + 3 + hashBytes;
    this.requestAt = flags & hasRequest ? at : 0;
    if (flags & hasRequest) at += hashBytes + fieldsBytes;
    this.addressAt = flags & hasAddress ? at : 0;
    if (flags & hasAddress) at += hashBytes;
    this.userIdAt = at;
    this.end = end + 2 + ((bytes[end]! << 8) | bytes[end + 1]!);
    // Also where a length is not a number, because the bytes end before.
    if (!(this.end >= at && this.end <= bytes.length)) throw new Error("an outbox entry is cut short");
  }

  read(): Pick<Entry, "userId" | "userHash" | "requestHash" | "requestFields" | "addressHash"> {
    const { bytes, userHashAt, requestAt, addressAt, userIdAt, end } = this;
    const hash = (at: number) => bytes.subarray(at, at + hashBytes);
    const fieldsAt = requestAt + hashBytes;
    return {
      userId: bytes.toString("utf8", userIdAt, end),
      userHash: hash(userHashAt),
      requestHash: requestAt === 0 ? undefined : hash(requestAt),
      requestFields: requestAt === 0 ? undefined : bytes.subarray(fieldsAt, fieldsAt + fieldsBytes),
      addressHash: addressAt === 0 ? undefined : hash(addressAt),
    };
  }
}
