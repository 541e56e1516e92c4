/** struct.pack's '>I<width>': a number in so many bytes, big endian. */
export function pack(width: number, value: number): string {
  let text = "";
  for (let i = width - 1; i >= 0; i--) text += String.fromCharCode(Math.floor(value / 2 ** (8 * i)) & 255);
  return text;
}

export function unpack(width: number, text: string, at = 0): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + text.charCodeAt(at + i);
  return value;
}

/** Values of equal width. */
export function cut(text: string, width: number): string[] {
  return Array.from({ length: text.length / width }, (_, i) => text.slice(i * width, (i + 1) * width));
}
