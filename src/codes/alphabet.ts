const MIN_RADIX = 2;
const MAX_RADIX = 65_536;

/**
 * 32 symbols to be read off paper and over the phone: capitals and digits without 0, O, 1 and I. Both sides
 * of each confusion are missing, so that nobody can hear a zero as "oh" or type an I for a 1, and codes need
 * no correction.
 */
export const BASE32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

export const DIGITS = "0123456789";

/**
 * What joins the character before it into another one under NFC though it is no combining mark: the vowels
 * and finals of decomposed Hangul, and two vowel signs of Kirat Rai. Next to any other symbol these would not
 * be NFC-stable.
 */
const JOINING = /[\p{M}\u1161-\u1175\u11a8-\u11c2\u{16d63}\u{16d67}]/u;

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** Why an alphabet can't be used, as a sentence, or undefined if it can: 2 to 65,536 distinct symbols. */
export function alphabetProblem(alphabet: string): string | undefined {
  const positions = new Map<string, number>();
  for (const symbol of alphabet) {
    const problem = symbolProblem(symbol);
    if (problem) return problem;
    const position = positions.size + 1;
    if (positions.has(symbol)) {
      return `${named(symbol)} is there twice, as symbols ${positions.get(symbol)} and ${position}.`;
    }
    if (position > MAX_RADIX) return `There are more than ${MAX_RADIX} symbols.`;
    positions.set(symbol, position);
  }
  if (positions.size < MIN_RADIX)
    return `At least ${MIN_RADIX} different symbols are needed, not ${positions.size}.`;
}

/**
 * Why one code point can't be part of a code, as a sentence, or undefined if it can. Symbols that pass keep
 * their number and order under Unicode normalisation in any sequence, so a code is one string of code points
 * everywhere.
 */
export function symbolProblem(symbol: string): string | undefined {
  if (/\p{Cs}/u.test(symbol)) return `${named(symbol)} is half of a surrogate pair, not a character.`;
  if (/\p{White_Space}/u.test(symbol)) return `${named(symbol)} is white space.`;
  if (JOINING.test(symbol)) {
    return `${named(symbol)} combines with the character before it; use composed characters (NFC).`;
  }
  const normal = symbol.normalize("NFC");
  if (normal !== symbol)
    return `${named(symbol)} turns into ${named(normal)} when normalised (NFC); use that instead.`;
  if (INVISIBLE.test(symbol)) return `${named(symbol)} is invisible.`;
  if (/[\p{Co}\p{Cn}]/u.test(symbol)) return `${named(symbol)} is not an assigned Unicode character.`;
}

/** Code points as messages show them; what can't be shown has its number alone. */
function named(text: string): string {
  const numbers = [...text].map(
    (symbol) => `U+${symbol.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  return /[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u.test(text)
    ? numbers.join(" ")
    : `${numbers.join(" ")} "${text}"`;
}
