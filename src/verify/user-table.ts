const wordsPerUser = 4;
const smallest = 1_024;

/** Small numbers by user, a few for each; a map of strings takes four times the memory, and holds 16 million at most. */
export class UserTable {
  /** `width` for each user, from the place that `at` tells. */
  values: Uint16Array;
  readonly #width: number;
  #keys: Uint32Array;
  #used: Uint8Array;
  #users = 0;

  constructor(width: number, capacity = smallest) {
    this.#width = width;
    this.#keys = new Uint32Array(capacity * wordsPerUser);
    this.#used = new Uint8Array(capacity);
    this.values = new Uint16Array(capacity * width);
  }

  /** Where the values of a user begin, zeros at first; until the next call. `hash` has 16 bytes, all as likely. */
  at(hash: Buffer): number {
    if (this.#users * 2 >= this.#used.length) this.#grow();
    const a = hash.readUInt32LE(0);
    const b = hash.readUInt32LE(4);
    const c = hash.readUInt32LE(8);
    const d = hash.readUInt32LE(12);
    return this.#slot(a, b, c, d) * this.#width;
  }

  /** Linear probing. The first bytes alone chose the partition, so all say where to begin. */
  #slot(a: number, b: number, c: number, d: number): number {
    const keys = this.#keys;
    const mask = this.#used.length - 1;
    let slot = (a ^ b ^ c ^ d) & mask;
    for (;;) {
      const at = slot * wordsPerUser;
      if (this.#used[slot] === 0) {
        this.#used[slot] = 1;
        this.#users++;
        keys[at] = a;
        keys[at + 1] = b;
        keys[at + 2] = c;
        keys[at + 3] = d;
        return slot;
      }
      if (keys[at + 3] === d && keys[at + 2] === c && keys[at + 1] === b && keys[at] === a) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const old = { keys: this.#keys, used: this.#used, values: this.values };
    const capacity = old.used.length * 2;
    this.#keys = new Uint32Array(capacity * wordsPerUser);
    this.#used = new Uint8Array(capacity);
    this.values = new Uint16Array(capacity * this.#width);
    this.#users = 0;
    for (let from = 0; from < old.used.length; from++) {
      if (old.used[from] === 0) continue;
      const [a, b, c, d] = old.keys.subarray(from * wordsPerUser) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const to = this.#slot(a, b, c, d) * this.#width;
      this.values.set(old.values.subarray(from * this.#width, (from + 1) * this.#width), to);
    }
  }
}
