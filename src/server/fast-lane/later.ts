/**
 * A handler's answer that comes later, for methods that are called so often that a promise and its turns of the microtask queue count. The fast lane
 * listens to it; to everybody else it is a promise.
 */
export class Later<T> implements PromiseLike<T> {
  #settled: { value: T } | { error: unknown } | undefined;
  #onValue: ((value: T) => void) | undefined;
  #onError: ((error: unknown) => void) | undefined;

  resolve(value: T): void {
    this.#settled = { value };
    this.#onValue?.(value);
  }

  reject(error: unknown): void {
    this.#settled = { error };
    this.#onError?.(error);
  }

  /** For one listener, which is told at once where it is there already. */
  listen(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    this.#onValue = onValue;
    this.#onError = onError;
    if (this.#settled === undefined) return;
    if ("value" in this.#settled) onValue(this.#settled.value);
    else onError(this.#settled.error);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is one, for those who await it.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Promise<T>((resolve, reject) => this.listen(resolve, reject)).then(onValue, onError);
  }
}
