import { readUtf8, utf8Chars } from "./ascii.ts";

/** Wire type 2: a length, then as many bytes. */
const lengthDelimited = 2;

/**
 * The string fields of a message that has no others, by field number from 1 (protobuf's encoding spec, "Message Structure"); fields that are not
 * there are empty. Undefined for anything that is not usual: unknown fields, lengths of more than two bytes, text that may not be UTF-8.
 */
export function readStrings(bytes: Buffer, fields: number): string[] | undefined {
  const strings = new Array<string>(fields).fill("");
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++]!;
    const field = tag >> 3;
    if ((tag & 7) !== lengthDelimited || field < 1 || field > fields) return undefined;
    let length = bytes[at++];
    if (length === undefined) return undefined;
    if (length > 127) {
      const high = bytes[at++];
      if (high === undefined || high > 127) return undefined;
      length = (length & 127) | (high << 7);
    }
    if (at + length > bytes.length) return undefined;
    const text = readUtf8(bytes, at, at + length);
    if (text === undefined) return undefined;
    strings[field - 1] = text;
    at += length;
  }
  return strings;
}

/** What follows is written as strings of one character a byte. A field that has its default value is left out (proto3). */
export function stringField(field: number, text: string): string {
  return text === "" ? "" : bytesField(field, utf8Chars(text));
}

export function bytesField(field: number, bytes: string): string {
  return String.fromCharCode((field << 3) | lengthDelimited) + varint(bytes.length) + bytes;
}

export function varintField(field: number, value: number): string {
  return value === 0 ? "" : String.fromCharCode(field << 3) + varint(value);
}

/** Of an integer from 0 to 2^53. */
function varint(value: number): string {
  if (value < 128) return String.fromCharCode(value);
  return String.fromCharCode((value % 128) | 128) + varint(Math.floor(value / 128));
}
