/** A header as it is put on the wire; the name may be there several times. */
export type Header = readonly [name: string, value: string];

/** A call of a method; what is wrong with it is in its headers or its body. */
export interface CallInput {
  readonly kind: "call";
  readonly protocol: "connect" | "get" | "grpc" | "grpc-web";
  /** As in `/allot.v1.CouponService/IssueCoupon`, for `get` with its query. */
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

/** What a client writes to a connection of its own, piece by piece. */
export interface BytesInput {
  readonly kind: "bytes";
  readonly pieces: readonly Buffer[];
  /** What the client does when all is written: nothing, close its half, or cut the connection. */
  readonly end: "wait" | "half" | "cut";
}

export interface SettingsInput {
  readonly kind: "settings";
  readonly env: Readonly<Record<string, string>>;
}

/** A file for `allot import`. */
export interface FileInput {
  readonly kind: "file";
  readonly bytes: Buffer;
}

export type Input = CallInput | BytesInput | SettingsInput | FileInput;

/** JSON, with bytes in base64. */
export function writeInput(input: Input): string {
  return JSON.stringify(input, (_, value) =>
    value?.type === "Buffer" ? { base64: Buffer.from(value.data).toString("base64") } : value,
  );
}

export function readInput(text: string): Input {
  return JSON.parse(text, (_, value) =>
    typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value,
  ) as Input;
}
