import { randomBytes } from "node:crypto";

/** 32 lower-case letters and digits, none of which is taken for another. */
const SYMBOLS = "23456789abcdefghijkmnpqrstuvwxyz";

/** `length` symbols of five random bits each. */
export function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => SYMBOLS[byte & 31]).join("");
}

/** The lowest `length` times five bits of a whole number, in the same symbols. */
export function symbolsOf(number: number, length: number): string {
  return Array.from({ length }, (_, at) => SYMBOLS[Math.floor(number / 32 ** at) % 32]).join("");
}
